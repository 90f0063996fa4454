#:project ../Vitrine/Vitrine.csproj
// Lesson 6. Which words decided? Three answers from scratch, each with what the one before it lacks, next to the library's.
//   dotnet run -c Release lessons/06-attribution.cs
using Vitrine;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

const string Text = "a witty but overlong story";
using var explainer = Explainer.Load("models/sentiment");
ITransformer model = explainer.Model;
int[] ids = model.Tokenizer!.Encode(Text).Ids;                                  // [CLS] a witty but overlong story [SEP]
string[] words = ["[CLS]", .. Text.Split(' '), "[SEP]"];
Tensor x = model.Embed(Tensor.From(ids, [1, ids.Length]));                      // [1, position, width]
int[] nothing = [.. ids.Select((id, i) => i == 0 || i == ids.Length - 1 ? id : 0)];   // the same with padding for every word
Tensor baseline = model.Embed(Tensor.From(nothing, [1, ids.Length]));

Tensor Score(Tensor embeddings) => model.Forward(new ModelInput { Embeddings = embeddings }).Select(1, 1).Select(0, 0);   // positive
Console.WriteLine($"f(x) = {Score(x).Item():0.000}, f(nothing) = {Score(baseline).Item():0.000}");

// 1. Saliency: how steep is the score at each word? Steepness has no sign, and adds up to nothing.
Tensor Slope(Tensor at)
{
    using var tape = new Tape();
    return tape.Gradient(Score(at), at)[at];
}
Print("saliency", Row(Slope(x).Norm([2])), "saliency");

// 2. Integrated gradients: the mean slope on the way from nothing to the text, times the way. It adds up to f(x) − f(nothing).
const int Steps = 64;
Tensor way = x - baseline, sum = Tensor.Zeros(x.Shape);
for (int step = 0; step < Steps; step++)
{
    sum += Slope(baseline + way.Scale((step + 0.5f) / Steps));                  // the middle of each part of the way
}
float[] integrated = Row((way * sum.Scale(1f / Steps)).Sum([2]));
Print("integrated gradients", integrated, "integrated_gradients");
Console.WriteLine($"  adds up to {integrated.Sum():0.000}; f(x) − f(nothing) is {Score(x).Item() - Score(baseline).Item():0.000}");

// 3. Shapley: no path, but every order in which the words could be added. Each word gets its mean gain over all of them.
int players = words.Length - 2;
float[] worth = [.. Enumerable.Range(0, 1 << players).Select(Worth)];           // 2⁵ sets of words
float[] shapley = new float[words.Length];
for (int player = 0; player < players; player++)
{
    for (int set = 0; set < worth.Length; set++)
    {
        if ((set & (1 << player)) == 0)
        {
            int size = int.PopCount(set);                                       // orders: size! ways before, the rest after
            double weight = Factorial(size) * Factorial(players - size - 1) / Factorial(players);
            shapley[player + 1] += (float)(weight * (worth[set | (1 << player)] - worth[set]));
        }
    }
}
Print("Shapley values", shapley, "shapley_value_sampling");

float Worth(int set)
{
    int[] kept = [.. ids.Select((id, i) => i == 0 || i == ids.Length - 1 || (set & (1 << (i - 1))) != 0 ? id : 0)];
    return Score(model.Embed(Tensor.From(kept, [1, kept.Length]))).Item();
}

static double Factorial(int n) => n < 2 ? 1 : n * Factorial(n - 1);

float[] Row(Tensor scores) => scores.Select(0, 0).ToArray();

void Print(string title, float[] mine, string method)
{
    Explanation theirs = explainer.Explain(Text, new ExplainRequest { Targets = ["positive"], Methods = [method] });
    float[] library = [.. theirs.Results[0].Sides[0].Scores[0]];
    Console.WriteLine($"{title}: largest difference from the library {mine.Zip(library, (a, b) => Math.Abs(a - b)).Max():0.000}");
    Console.WriteLine("  " + string.Join("  ", words.Zip(mine, (word, score) => $"{word} {score:+0.00;-0.00}")));
}

// Exercises (answers in lessons/README.md)
// 1. Why is the slope of "witty" no measure of what it contributed? Think of a score that is already saturated.
// 2. Replace the padding of the baseline by the id of "the". Which numbers change, and which sum stays what it is?
// 3. Ten words have 1,024 sets, thirty have a thousand million. What does the library's sampling do instead, and what is the price?
