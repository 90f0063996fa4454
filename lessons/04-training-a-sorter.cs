#:project ../Training/Training.csproj
// Lesson 4. A model of 100,000 weights learns to sort four digits, from nothing, in seconds.
//   dotnet run -c Release lessons/04-training-a-sorter.cs
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Training;
using Vitrine.Transformers;

const int Steps = 160, Lines = 32, Digits = 4;
ITransformer model = NewModel.Start("models/sorter", seed: 1, deviation: 0.06);   // sizes and tokenizer from there, weights by chance
ITokenizer tokenizer = model.Tokenizer!;
Tensor[] weights = [.. model.Parameters.Select(parameter => parameter.Value)];
Console.WriteLine($"{weights.Sum(w => w.Shape.Elements)} weights; {Right(SortingLines.Make(50, Digits, seed: 99))} of 50 right by chance");

var optimizer = new AdamW(weights);
var schedule = new LearningRateSchedule(3e-3f, WarmUp: 10, Steps, LearningRateDecay.Cosine);
for (int step = 0; step < Steps; step++)
{
    // 1. Lines such as 3142=1234. The model reads all but the last character and is asked for the next one everywhere;
    //    −100 marks what it is not asked for: the digits before the equals sign are random.
    int[][] ids = [.. SortingLines.Make(Lines, Digits, seed: 1000 + step).Select(line => tokenizer.Encode(line).Ids)];
    int length = ids[0].Length - 1;
    Tensor read = Tensor.From([.. ids.SelectMany(line => line[..^1])], [Lines, length]);
    Tensor wanted = Tensor.From([.. ids.SelectMany(line => line[1..].Select((id, i) => i < Digits ? -100 : id))], [Lines, length]);

    // 2. Forward: how surprised is the model by what should come? In nats: 2.3 is a guess among ten digits.
    Tensor loss;
    Gradients gradients;
    using (var tape = new Tape())
    {
        tape.Watch(weights);
        loss = model.Forward(new ModelInput { Ids = read }).CrossEntropy(wanted, ignoreIndex: -100);
        gradients = tape.Gradient(loss, weights);
    }

    // 3. A step: every weight moves a little against its gradient.
    optimizer.Step(gradients, schedule.At(step + 1));
    if (step % 40 == 0 || step == Steps - 1) Console.WriteLine($"step {step + 1,3}: loss {loss.Item():0.000} nats per digit");
}

// 4. Lines that were never learned from: 10,000 are possible, it saw at most half of them.
Console.WriteLine($"after: {Right(SortingLines.Make(50, Digits, seed: 99))} of 50 right; 9081 sorted is {Answer("9081=")}");

int Right(IEnumerable<string> lines) => lines.Count(line => Answer(line[..(Digits + 1)]) == line[(Digits + 1)..]);

string Answer(string question)
{
    GenerationResult written = ((IGenerator)model).Generate(ModelInput.Of(tokenizer.Encode(question).Ids), new() { MaxNewTokens = Digits });
    return tokenizer.Decode(written.Sequences[0].Tokens);
}

// Exercises (answers in lessons/README.md)
// 1. Which loss would a model have that has understood nothing but that the digits come in rising order?
// 2. Ask for the digits before the equals sign too (no −100). Why can the loss no longer come near 0?
// 3. Set WarmUp to 1 and the rate to 3e-2. What happens, and which part of AdamW makes the first steps dangerous?
