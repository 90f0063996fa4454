#:project ../Training/Training.csproj
// One training step after another: a small GPT-2 learns to sort four digits. It takes a few seconds.
//   dotnet run -c Release samples/train.cs
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Training;
using Vitrine.Transformers;

ITransformer model = NewModel.Start("models/sorter", seed: 1, deviation: 0.06);  // its sizes and tokenizer, new weights
ITokenizer tokenizer = model.Tokenizer!;
Tensor[] weights = [.. model.Parameters.Select(parameter => parameter.Value)];
var optimizer = new AdamW(weights);
const int Steps = 150, Lines = 32, Digits = 4;
var schedule = new LearningRateSchedule(3e-3f, WarmUp: 10, Steps, LearningRateDecay.Cosine);

for (int step = 0; step < Steps; step++)
{
    // 1. A batch: lines such as 3142=1234, read up to the last digit, asked for the next token at every position.
    int[][] lines = [.. SortingLines.Make(Lines, Digits, seed: step).Select(line => tokenizer.Encode(line).Ids)];
    int length = lines[0].Length - 1;
    Tensor ids = Tensor.From([.. lines.SelectMany(line => line[..^1])], [Lines, length]);
    Tensor targets = Tensor.From([.. lines.SelectMany(line => line[1..].Select((id, i) => i < Digits ? -100 : id))], [Lines, length]);

    Gradients gradients;
    float loss;
    using (var tape = new Tape())                                                // 2. forward, recorded
    {
        tape.Watch(weights);
        Tensor mean = model.Forward(new ModelInput { Ids = ids }).CrossEntropy(targets, ignoreIndex: -100);
        gradients = tape.Gradient(mean, weights);                                // 3. backward
        loss = mean.Item();
    }
    float rate = schedule.At(step + 1);
    optimizer.Step(gradients, rate);                                             // 4. the weights change in place
    if (step % 30 == 0 || step == Steps - 1) Console.WriteLine($"step {step + 1}: loss {loss:0.000} nats per digit, learning "
        + $"rate {rate:0.0000}");
}

foreach (string question in (string[])["3142=", "9081=", "7757="])
{
    GenerationResult written = ((IGenerator)model).Generate(ModelInput.Of(tokenizer.Encode(question).Ids), new() { MaxNewTokens = Digits });
    Console.WriteLine($"{question}{tokenizer.Decode(written.Sequences[0].Tokens)}");
}
