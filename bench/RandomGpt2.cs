using System.Globalization;
using System.Text.Json.Nodes;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Bench;

/// <summary>
/// Writes a GPT-2 of a real size with random weights under Hugging Face's names: enough to measure time and memory where no checkpoint is
/// at hand. Tensor by tensor, so that a model larger than memory can be made; the same seed gives the same file.
/// </summary>
internal static class RandomGpt2
{
    private const int Vocab = 50257, Positions = 1024, Chunk = 1 << 16;

    private static readonly Dictionary<string, (int D, int Layers, int Heads)> s_sizes = new()
    {
        ["tiny"] = (64, 2, 4),
        ["step"] = (256, 6, 4),
        ["small"] = (768, 12, 12),
        ["medium"] = (1024, 24, 16),
        ["large"] = (1280, 36, 20),
        ["xl"] = (1600, 48, 25),
    };

    /// <summary>Arguments: a size, a folder, and perhaps how many tokens there are.</summary>
    public static int Run(string[] args)
    {
        int vocab = args.Length == 3 && int.TryParse(args[2], NumberStyles.None, CultureInfo.InvariantCulture, out int given)
            ? given : Vocab;
        if (args.Length is not (2 or 3) || !s_sizes.TryGetValue(args[0], out (int D, int Layers, int Heads) size))
        {
            Console.Error.WriteLine($"bench: no such size; got '{string.Join(' ', args)}'; "
                + $"expected one of {string.Join(", ", s_sizes.Keys)}, and a folder.");
            return 2;
        }
        Directory.CreateDirectory(args[1]);
        var config = new JsonObject
        {
            ["model_type"] = "gpt2",
            ["architectures"] = new JsonArray("GPT2LMHeadModel"),
            ["vocab_size"] = vocab,
            ["n_positions"] = Positions,
            ["n_embd"] = size.D,
            ["n_layer"] = size.Layers,
            ["n_head"] = size.Heads,
            ["activation_function"] = "gelu_new",
            ["layer_norm_epsilon"] = 1e-5,
        };
        File.WriteAllText(Path.Combine(args[1], "config.json"), config.ToJsonString() + "\n");
        SafetensorsWriter.Save(Path.Combine(args[1], "model.safetensors"), Tensors(size.D, size.Layers, vocab));
        return 0;
    }

    private static IEnumerable<WeightData> Tensors(int d, int layers, int vocab)
    {
        int seed = 0;
        WeightData Normal(string name, Shape shape, float deviation)
        {
            int own = ++seed;
            return new($"transformer.{name}.weight", shape, WeightType.F32, () => Draw(own, shape, deviation));
        }

        WeightData Constant(string name, int length, float value) =>
            new($"transformer.{name}", [length], WeightType.F32, () => Tensor.Full([length], value));

        IEnumerable<WeightData> Norm(string name) => [Constant($"{name}.weight", d, 1), Constant($"{name}.bias", d, 0)];

        IEnumerable<WeightData> Linear(string name, int dIn, int dOut) =>
            [Normal(name, [dIn, dOut], 0.02f), Constant($"{name}.bias", dOut, 0)];

        return
        [
            Normal("wte", [vocab, d], 0.02f), Normal("wpe", [Positions, d], 0.01f),
            .. Enumerable.Range(0, layers).Select(i => string.Create(CultureInfo.InvariantCulture, $"h.{i}")).SelectMany(h => (WeightData[])
            [
                .. Norm($"{h}.ln_1"), .. Linear($"{h}.attn.c_attn", d, 3 * d), .. Linear($"{h}.attn.c_proj", d, d),
                .. Norm($"{h}.ln_2"), .. Linear($"{h}.mlp.c_fc", d, 4 * d), .. Linear($"{h}.mlp.c_proj", 4 * d, d),
            ]),
            .. Norm("ln_f"),
        ];
    }

    /// <summary>Normal numbers (Box and Muller 1958), a generator per chunk, so that threads may share the work.</summary>
    internal static Tensor Draw(int seed, Shape shape, float deviation)
    {
        float[] values = new float[shape.Elements];
        Workers.For(((values.Length - 1) / Chunk) + 1, (from, to) =>
        {
            for (int chunk = from; chunk < to; chunk++)
            {
                var random = new Random(unchecked((seed * 1_000_003) + chunk));
                Span<float> part = values.AsSpan(chunk * Chunk, Math.Min(Chunk, values.Length - (chunk * Chunk)));
                for (int i = 0; i < part.Length; i += 2)
                {
                    float radius = deviation * MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle()));
                    (float sine, float cosine) = MathF.SinCos(2 * MathF.PI * random.NextSingle());
                    part[i] = radius * cosine;
                    if (i + 1 < part.Length)
                    {
                        part[i + 1] = radius * sine;
                    }
                }
            }
        });
        return Tensor.From(values, shape);
    }
}
