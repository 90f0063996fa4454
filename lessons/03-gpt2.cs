#:project ../Models.Transformer/Models.Transformer.csproj
// Lesson 3. GPT-2 in a hundred lines: read the weights, run the blocks, write words; then compared with the library's own.
//   dotnet run -c Release lessons/03-gpt2.cs
using Vitrine.Tensors;
using Vitrine.Transformers;

const string Folder = "models/stories";
ITransformer reference = ModelLoader.Load(Folder);
var mine = new Gpt2(Folder, layers: 4, heads: 4);
ITokenizer tokenizer = reference.Tokenizer!;

// 1. The same numbers for every position and every word of the vocabulary?
int[] prompt = tokenizer.Encode("Clara lived with her").Ids;
Tensor logits = mine.Forward(prompt), expected = reference.Forward(ModelInput.Of(prompt));
float difference = logits.ToArray().Zip(expected.ToArray(), (a, b) => MathF.Abs(a - b)).Max();
Console.WriteLine($"logits {logits.Shape}, largest difference from the library: {difference:0.0e0}");

// 2. Write: the likeliest next word, again and again.
List<int> ids = [.. prompt];
for (int i = 0; i < 20; i++)
{
    float[] last = mine.Forward([.. ids]).ToArray()[^mine.Vocabulary..];
    ids.Add(Array.IndexOf(last, last.Max()));
}
Console.WriteLine(tokenizer.Decode([.. ids]));
GenerationResult theirs = ((IGenerator)reference).Generate(ModelInput.Of(prompt), new() { MaxNewTokens = 20 });
Console.WriteLine($"the library writes the same: {theirs.Sequences[0].Tokens.SequenceEqual(ids.Skip(prompt.Length))}");

sealed class Gpt2
{
    private readonly Dictionary<string, Tensor> _weights;
    private readonly int _layers, _heads;

    public Gpt2(string folder, int layers, int heads)
    {
        using WeightFile file = WeightFile.Open(Path.Combine(folder, "model.safetensors"));
        _weights = file.Names.ToDictionary(name => name.Replace("transformer.", ""), file.Copy);   // float16 in the file
        (_layers, _heads) = (layers, heads);
    }

    public int Vocabulary => W("wte.weight").Shape[0];

    public Tensor Forward(int[] ids)                                            // → [1, position, vocabulary]
    {
        Tensor places = Tensor.From(Enumerable.Range(0, ids.Length).ToArray(), [1, ids.Length]);
        Tensor x = W("wte.weight").Gather(Tensor.From(ids, [1, ids.Length])) + W("wpe.weight").Gather(places);
        for (int layer = 0; layer < _layers; layer++)
        {
            string block = $"h.{layer}.";
            x += Attention(Norm(x, block + "ln_1"), block + "attn.");           // what other positions know
            x += FeedForward(Norm(x, block + "ln_2"), block + "mlp.");          // what is known about it
        }
        return Norm(x, "ln_f").MatMul(W("wte.weight"), transposeB: true);       // the words, once more, as answers
    }

    private Tensor Attention(Tensor x, string name)
    {
        int positions = x.Shape[1], width = x.Shape[2], each = width / _heads;
        Tensor all = Linear(x, name + "c_attn");                                // queries, keys and values in one product
        Tensor[] qkv = [.. Enumerable.Range(0, 3).Select(part => all.Slice(2, part * width, width)
            .Reshape([1, positions, _heads, each]))];                           // [1, position, head, width of a head]
        Tensor mixed = TensorOps.Attention(qkv[0], qkv[1], qkv[2], null, causal: true, 1 / MathF.Sqrt(each));
        return Linear(mixed.Reshape([1, positions, width]), name + "c_proj");
    }

    private Tensor FeedForward(Tensor x, string name) => Linear(Linear(x, name + "c_fc").GeluTanh(), name + "c_proj");

    private Tensor Norm(Tensor x, string name) => x.LayerNorm(W(name + ".weight"), W(name + ".bias"), 1e-5f);

    private Tensor Linear(Tensor x, string name) => x.MatMul(W(name + ".weight"), W(name + ".bias"));

    private Tensor W(string name) => _weights[name];
}

// Exercises (answers in lessons/README.md)
// 1. Swap ln_1 and the addition of attention (norm after, not before). The program runs: what tells that it is wrong?
// 2. Every word is computed again for each new one. Which two tensors of each block would have to be kept so that it is not?
// 3. Leave out wpe. Which sentences would the model confuse, and why is it still not a bag of words?
