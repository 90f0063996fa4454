using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models;

/// <summary>
/// Families without recorded numbers, against a forward pass in float64 that is written from their papers' formulas and the names of
/// their checkpoints, and shares nothing with the library.
/// </summary>
public sealed class ReferenceTests : IDisposable
{
    private const double Epsilon = 1e-5;

    private readonly TempFolder _folder = new();
    private Dictionary<string, (int[] Shape, float[] Values)> _weights = [];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Starcoder2_Logits(int window) => Check("starcoder2", new() { ["sliding_window"] = window == 0 ? null : window },
        ids => Decoded(ids, "model.embed_tokens", layer => x =>
        {
            string at = $"model.layers.{layer}";
            double[][] a = LayerNorm(x, $"{at}.input_layernorm");
            double[][] q = Rotated(Linear(a, $"{at}.self_attn.q_proj"), 4, 4, 10000);
            double[][] k = Rotated(Linear(a, $"{at}.self_attn.k_proj"), 2, 4, 10000);
            x = Sum(x, Linear(Attention(q, k, Linear(a, $"{at}.self_attn.v_proj"), 4, 2, window), $"{at}.self_attn.o_proj"));
            double[][] m = LayerNorm(x, $"{at}.post_attention_layernorm");
            return Sum(x, Linear(Each(Linear(m, $"{at}.mlp.c_fc"), GeluTanh), $"{at}.mlp.c_proj"));
        }, x => LayerNorm(x, "model.norm"), "model.embed_tokens"));

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void StableLm_Logits(bool parallel, bool bias) => Check("stablelm", new()
    {
        ["use_parallel_residual"] = parallel,
        ["use_qkv_bias"] = bias,
        ["partial_rotary_factor"] = 0.5,
    }, ids => Decoded(ids, "model.embed_tokens", layer => x =>
    {
        string at = $"model.layers.{layer}";
        double[][] a = LayerNorm(x, $"{at}.input_layernorm");
        double[][] q = Rotated(Linear(a, $"{at}.self_attn.q_proj"), 4, 2, 10000);
        double[][] k = Rotated(Linear(a, $"{at}.self_attn.k_proj"), 2, 2, 10000);
        double[][] attended = Linear(Attention(q, k, Linear(a, $"{at}.self_attn.v_proj"), 4, 2, 0), $"{at}.self_attn.o_proj");
        double[][] middle = Sum(x, attended), m = parallel ? a : LayerNorm(middle, $"{at}.post_attention_layernorm");
        return Sum(middle, Gated(m, $"{at}.mlp"));
    }, x => LayerNorm(x, "model.norm"), "lm_head"));

    [Fact]
    public void SmolLm3_Logits() => Check("smollm3", [], ids => Decoded(ids, "model.embed_tokens", layer => x =>
    {
        string at = $"model.layers.{layer}";
        double[][] a = RmsNorm(x, $"{at}.input_layernorm");
        double[][] q = Linear(a, $"{at}.self_attn.q_proj"), k = Linear(a, $"{at}.self_attn.k_proj");
        (q, k) = layer % 2 == 0 ? (Rotated(q, 4, 4, 2e6), Rotated(k, 2, 4, 2e6)) : (q, k);
        x = Sum(x, Linear(Attention(q, k, Linear(a, $"{at}.self_attn.v_proj"), 4, 2, 0), $"{at}.self_attn.o_proj"));
        return Sum(x, Gated(RmsNorm(x, $"{at}.post_attention_layernorm"), $"{at}.mlp"));
    }, x => RmsNorm(x, "model.norm"), "model.embed_tokens"));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void GptBigCode_Logits(bool multiQuery) => Check("gpt_bigcode", new() { ["multi_query"] = multiQuery }, ids =>
    {
        double[][] positions = Rows("transformer.wpe", [.. Enumerable.Range(0, ids.Length)]);
        return Decoded(ids, "transformer.wte", layer => x =>
        {
            string at = $"transformer.h.{layer}";
            double[][] all = Linear(LayerNorm(x, $"{at}.ln_1"), $"{at}.attn.c_attn");
            // of one key head: all queries, the key, the value; else query, key and value of each head in turn
            double[][] part(int which) => [.. all.Select(row => multiQuery
                ? which == 0 ? row[..16] : row.AsSpan(16 + ((which - 1) * 4), 4).ToArray()
                : [.. Enumerable.Range(0, 16).Select(i => row[(i / 4 * 12) + (which * 4) + (i % 4)])])];
            x = Sum(x, Linear(Attention(part(0), part(1), part(2), 4, multiQuery ? 1 : 4, 0), $"{at}.attn.c_proj"));
            return Sum(x, Linear(Each(Linear(LayerNorm(x, $"{at}.ln_2"), $"{at}.mlp.c_fc"), GeluTanh), $"{at}.mlp.c_proj"));
        }, x => LayerNorm(x, "transformer.ln_f"), "transformer.wte", x => Sum(x, positions));
    });

    private void Check(string family, Dictionary<string, System.Text.Json.Nodes.JsonNode?> settings, Func<int[], double[][]> reference)
    {
        int[] ids = [5, 9, 13, 7, 30, 41, 3];
        ITransformer model = TinyModels.Load(_folder.Path, family, edit: config =>
        {
            foreach ((string key, System.Text.Json.Nodes.JsonNode? value) in settings)
            {
                config[key] = value?.DeepClone();
            }
        });
        using var file = SafetensorsFile.Open(_folder.File("model.safetensors"));
        _weights = file.Names.ToDictionary(name => name,
            name => (file.Entry(name).Shape.Select(n => (int)n).ToArray(), file.ReadFloats(name)));

        double[] expected = [.. reference(ids).SelectMany(row => row)];

        TensorAssert.Close(model.Forward(ModelInput.Of(ids)).ToArray(), expected, rtol: 1e-4, atol: 1e-5);
    }

    private double[][] Decoded(int[] ids, string words, Func<int, Func<double[][], double[][]>> block, Func<double[][], double[][]> norm,
        string head, Func<double[][], double[][]>? start = null)
    {
        double[][] x = Rows(words, ids);
        x = start?.Invoke(x) ?? x;
        x = norm(block(1)(block(0)(x)));
        return Linear(x, head, bias: false);
    }

    private double[][] Rows(string name, int[] ids)
    {
        (int[] shape, float[] values) = _weights[$"{name}.weight"];
        return [.. ids.Select(id => values.AsSpan(id * shape[1], shape[1]).ToArray().Select(v => (double)v).ToArray())];
    }

    private double[][] Linear(double[][] x, string name, bool bias = true)
    {
        (int[] shape, float[] w) = _weights[$"{name}.weight"];
        float[]? b = bias && _weights.TryGetValue($"{name}.bias", out (int[] Shape, float[] Values) found) ? found.Values : null;
        return [.. x.Select(row => Enumerable.Range(0, shape[0])
            .Select(o => (b?[o] ?? 0) + row.Select((v, i) => v * w[(o * shape[1]) + i]).Sum()).ToArray())];
    }

    private double[][] LayerNorm(double[][] x, string name)
    {
        (float[] w, float[] b) = (_weights[$"{name}.weight"].Values, _weights[$"{name}.bias"].Values);
        return [.. x.Select(row =>
        {
            double mean = row.Average(), root = Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + Epsilon);
            return row.Select((v, i) => ((v - mean) / root * w[i]) + b[i]).ToArray();
        })];
    }

    private double[][] RmsNorm(double[][] x, string name)
    {
        float[] w = _weights[$"{name}.weight"].Values;
        return [.. x.Select(row => row.Select((v, i) => v / Math.Sqrt(row.Average(u => u * u) + Epsilon) * w[i]).ToArray())];
    }

    private double[][] Gated(double[][] x, string name)
    {
        double[][] gate = Each(Linear(x, $"{name}.gate_proj"), v => v / (1 + Math.Exp(-v))), up = Linear(x, $"{name}.up_proj");
        return Linear([.. gate.Select((row, i) => row.Select((v, j) => v * up[i][j]).ToArray())], $"{name}.down_proj");
    }

    /// <summary>Of each head the first <paramref name="dims"/> numbers turn: i with i + dims / 2.</summary>
    private static double[][] Rotated(double[][] x, int heads, int dims, double theta) => [.. x.Select((row, position) =>
    {
        double[] turned = [.. row];
        int width = row.Length / heads;
        for (int i = 0; i < heads * (dims / 2); i++)
        {
            (int first, int pair) = ((i / (dims / 2) * width) + (i % (dims / 2)), i % (dims / 2));
            (double sin, double cos) = Math.SinCos(position * Math.Pow(theta, -2.0 * pair / dims));
            (double a, double b) = (row[first], row[first + (dims / 2)]);
            (turned[first], turned[first + (dims / 2)]) = ((a * cos) - (b * sin), (b * cos) + (a * sin));
        }
        return turned;
    })];

    private static double[][] Attention(double[][] q, double[][] k, double[][] v, int heads, int keyHeads, int window)
    {
        int width = q[0].Length / heads;
        return [.. q.Select((query, i) => Enumerable.Range(0, heads).SelectMany(h =>
        {
            int from = h / (heads / keyHeads) * width, first = window == 0 ? 0 : Math.Max(0, i - window + 1);
            double[] scores = [.. Enumerable.Range(first, i - first + 1).Select(j =>
                Enumerable.Range(0, width).Sum(d => query[(h * width) + d] * k[j][from + d]) / Math.Sqrt(width))];
            double[] weights = [.. scores.Select(s => Math.Exp(s - scores.Max()))];
            return Enumerable.Range(0, width).Select(d => weights.Select((w, j) => w * v[first + j][from + d]).Sum() / weights.Sum());
        }).ToArray())];
    }

    private static double[][] Sum(double[][] a, double[][] b) => [.. a.Select((row, i) => row.Select((v, j) => v + b[i][j]).ToArray())];

    private static double[][] Each(double[][] x, Func<double, double> f) => [.. x.Select(row => row.Select(f).ToArray())];

    private static double GeluTanh(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));
}
