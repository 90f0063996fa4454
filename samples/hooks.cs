#:project ../Models.Transformer/Models.Transformer.csproj
#:project ../Core.Autograd/Core.Autograd.csproj
// From text to logits with every activation in reach: read one, differentiate by one, replace one.
//   dotnet run samples/hooks.cs
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

ITransformer model = ModelLoader.Load("models/induction");                  // a GPT-2 that repeats what it has seen
string text = "keyfjordsagnbixkeyfjo";
Encoding encoding = model.Tokenizer!.Encode(text);                          // 1. text to token ids, one per letter
ModelInput input = ModelInput.Of(encoding.Ids);
int last = encoding.Count - 1;

using (ActivationCache cache = model.Cache("blocks.1.attn.hook_pattern"))   // 2. read: where does each head look?
using (var tape = new Tape())
{
    Tensor logits = model.Forward(input).Select(1, last).Select(0, 0);      // 3. [vocab]: a score for every next letter
    int next = ArgMax(logits);
    Console.WriteLine($"after \"{text}\" comes \"{model.Tokenizer.Decode([next])}\" with {Probability(logits, next):P0}");

    Tensor pattern = cache["blocks.1.attn.hook_pattern"];                   // [batch, head, query, key]
    Tensor slope = tape.Gradient(logits.Select(0, next), pattern)[pattern]; // 4. d logit / d pattern
    for (int head = 0; head < pattern.Shape[1]; head++)
    {
        Tensor row = pattern.Select(0, 0).Select(0, head).Select(0, last);  // [key]
        int key = ArgMax(row);
        Console.WriteLine($"head 1.{head} looks at letter {key}, \"{text[key]}\" (weight {row.ToArray()[key]:0.00}); "
            + $"more of it would change the logit by {slope.Select(0, 0).Select(0, head).Select(0, last).ToArray()[key]:+0.0;-0.0}");
    }

    foreach (string block in (string[])["blocks.0", "blocks.1"])            // 5. replace: switch the heads of a block off
    {
        using (model.Intervene($"{block}.attn.hook_z", z => z.Scale(0)))
        {
            Tensor without = model.Forward(input).Select(1, last).Select(0, 0);
            Console.WriteLine($"without the heads of {block}: {Probability(without, next):P0}");
        }
    }
}

static int ArgMax(Tensor x) => x.ToArray().Index().MaxBy(pair => pair.Item).Index;

static float Probability(Tensor logits, int id) => logits.Softmax().ToArray()[id];
