#:project ../Models.Transformer/Models.Transformer.csproj
#:project ../Core.Autograd/Core.Autograd.csproj
// Lesson 5. Inside a running model: read an activation, replace it, and ask the model what it would say half-way.
//   dotnet run lessons/05-hooks.cs
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

ITransformer model = ModelLoader.Load("models/sorter");                         // sorts eight digits
ITokenizer tokenizer = model.Tokenizer!;
const string Line = "31427056=0123456";                                         // what comes next? 7
ModelInput input = ModelInput.Of(tokenizer.Encode(Line).Ids);
int last = Line.Length - 1, seven = tokenizer.Encode("7").Ids[0], blocks = model.Info.NLayers;
Console.WriteLine($"{model.HookPoints.Count} points, the first: {string.Join(", ", model.HookPoints.Take(3).Select(point => point.Name))}");
Console.WriteLine($"the model says {Best(Logits(model.Forward(input)))} with {Chance(Logits(model.Forward(input)), seven):P1}");

// 1. Read: what stands in the residual stream after each block? Its size grows as blocks add to it.
using (ActivationCache cache = model.Cache("blocks.*.hook_resid_post"))
{
    model.Forward(input);
    for (int block = 0; block < blocks; block++)
    {
        Tensor stream = cache[$"blocks.{block}.hook_resid_post"].Select(1, last);   // [1, width]
        Console.WriteLine($"after block {block} the last position has length {stream.Norm().Item():0.0}");
    }
}

// 2. Replace: switch one part after the other off, and look at what it cost.
foreach (string part in model.HookPoints.Select(point => point.Name).Where(name => name.EndsWith("_out")))
{
    using HookScope edit = model.Intervene(part, x => x.Scale(0));
    Console.WriteLine($"without {part,-22} {Chance(Logits(model.Forward(input)), seven):P1}");
}

// 3. Differentiate: how would the answer change with the pattern of a head? The gradient of a point that was watched.
using (ActivationCache cache = model.Cache("blocks.0.attn.hook_pattern"))
using (var tape = new Tape())
{
    Tensor answer = Logits(model.Forward(input)).Select(0, seven);
    Tensor pattern = cache["blocks.0.attn.hook_pattern"];                       // [1, head, query, key]
    float[] slope = tape.Gradient(answer, pattern)[pattern].Select(0, 0).Select(0, 0).Select(0, last).ToArray();
    int where = Array.IndexOf(slope, slope.Max());
    Console.WriteLine($"head 0.0 should look more at place {where}, \"{Line[where]}\": the logit would rise by {slope[where]:0.00}");
}

// 4. The logit lens: let the last layer read the stream early.
for (int block = 0; block < blocks; block++)
{
    Tensor early = null!;
    using (ActivationCache cache = model.Cache($"blocks.{block}.hook_resid_post"))
    {
        model.Forward(input);
        early = cache[$"blocks.{block}.hook_resid_post"];
    }
    using HookScope edit = model.Intervene($"blocks.{blocks - 1}.hook_resid_post", _ => early);
    Console.WriteLine($"read after block {block}: {Best(Logits(model.Forward(input)))}");
}

Tensor Logits(Tensor output) => output.Select(1, last).Select(0, 0);

string Best(Tensor logits) => tokenizer.Decode([logits.ToArray().Index().MaxBy(pair => pair.Item).Index]);

static float Chance(Tensor logits, int id) => logits.Softmax().ToArray()[id];

// Exercises (answers in lessons/README.md)
// 1. A part that costs nothing when it is switched off: is it useless? Think of two parts that do the same.
// 2. Scale(0) puts the model into a state it was never in. What could stand in place of zero?
// 3. Why must the lens go through the last norm, which the intervention at the last block leaves in place?
