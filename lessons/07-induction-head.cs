#:project ../Models.Transformer/Models.Transformer.csproj
// Lesson 7. How does a model go on with what it has seen once? Find the heads that do it, by measuring, then by switching them off.
//   dotnet run lessons/07-induction-head.cs
using Vitrine.Tensors;
using Vitrine.Transformers;

ITransformer model = ModelLoader.Load("models/induction");                      // two blocks of two heads, no feed-forward layers
ITokenizer tokenizer = model.Tokenizer!;
const int Half = 20;
var random = new Random(7);
string once = string.Concat("abcdefghijklmnopqrstuvwxyz".OrderBy(_ => random.Next()).Take(Half));
string text = once + once;                                                      // letters in an order by chance, then the same again
int[] ids = tokenizer.Encode(text).Ids;

// 1. The second time the model knows what comes: its surprise falls. It cannot have learned these letters.
Console.WriteLine($"surprise per letter: the first time {Surprise(1, Half):0.00} nats, the second {Surprise(Half + 1, 2 * Half):0.00}");

// 2. Two kinds of heads. One looks at the letter before; the other at the letter that came after this one the last time.
using (ActivationCache cache = model.Cache("blocks.*.attn.hook_pattern"))
{
    model.Forward(ModelInput.Of(ids));
    for (int block = 0; block < model.Info.NLayers; block++)
    {
        Tensor pattern = cache[$"blocks.{block}.attn.hook_pattern"];            // [1, head, query, key]
        for (int head = 0; head < pattern.Shape[1]; head++)
        {
            float[] looks = pattern.Select(0, 0).Select(0, head).ToArray();
            float Mean(Func<int, int> key) => Enumerable.Range(Half + 1, Half - 2).Average(q => looks[(q * ids.Length) + key(q)]);
            Console.WriteLine($"head {block}.{head}: previous letter {Mean(q => q - 1):P0}, induction {Mean(q => q - Half + 1):P0}");
        }
    }
}

// 3. Measuring is not proof. Switch each head off alone: whose loss is the ability's loss?
for (int block = 0; block < model.Info.NLayers; block++)
{
    for (int head = 0; head < model.Info.NHeads; head++)
    {
        using HookScope edit = model.Intervene($"blocks.{block}.attn.hook_z", z => Without(z, head));   // [1, query, head, width]
        Console.WriteLine($"without head {block}.{head}: {Surprise(Half + 1, 2 * Half):0.00} nats the second time");
    }
}

// 4. They work as a chain: without its first block, the second cannot find the place, although its own weights are untouched.
using (model.Intervene("blocks.0.attn.hook_z", z => z.Scale(0)))
using (ActivationCache cache = model.Cache("blocks.1.attn.hook_pattern"))
{
    model.Forward(ModelInput.Of(ids));
    float[] looks = cache["blocks.1.attn.hook_pattern"].Select(0, 0).ToArray();
    float best = Enumerable.Range(0, model.Info.NHeads).Max(head => Enumerable.Range(Half + 1, Half - 2)
        .Average(q => looks[(((head * ids.Length) + q) * ids.Length) + q - Half + 1]));
    Console.WriteLine($"with block 0 switched off, the best head of block 1 does induction for {best:P0}");
}

float Surprise(int from, int to)                                                // mean −ln p of the letters from…to
{
    float[] logP = model.Forward(ModelInput.Of(ids)).LogSoftmax().Select(0, 0).ToArray();
    int vocabulary = logP.Length / ids.Length;
    return Enumerable.Range(from, to - from).Average(i => -logP[((i - 1) * vocabulary) + ids[i]]);
}

static Tensor Without(Tensor z, int head)
{
    float[] keep = [.. Enumerable.Range(0, z.Shape[2]).Select(h => h == head ? 0f : 1f)];
    return z * Tensor.From(keep, [z.Shape[2], 1]);
}

// Exercises (answers in lessons/README.md)
// 1. Why are the letters in an order by chance? What would an English sentence, repeated, leave in doubt?
// 2. Without one head of block 1 the other still copies; without head 0.0 nothing does. What does that say about "the" induction head?
// 3. `vitrine circuit` finds edges between heads. Which edge do you expect from block 0 to block 1: into queries, keys or values?
