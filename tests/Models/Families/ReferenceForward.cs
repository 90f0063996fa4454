using Vitrine.Tests.Support;
using Vitrine.Transformers;

namespace Vitrine.Tests.Models;

/// <summary>
/// A forward pass in float64 that is written from the papers' formulas and the names of checkpoints, and shares nothing with the library:
/// what families without recorded numbers are held to.
/// </summary>
public abstract class ReferenceForward : IDisposable
{
    private readonly TempFolder _folder = new();
    private double _epsilon;
    private Dictionary<string, (int[] Shape, float[] Values)> _weights = [];

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The numbers of a stored tensor.</summary>
    protected float[] Stored(string name) => _weights[name].Values;

    /// <summary>What a tiny model says of seven tokens is what the reference makes of its weights.</summary>
    protected void Check(string family, Dictionary<string, System.Text.Json.Nodes.JsonNode?> settings, Func<int[], double[][]> reference,
        string? architecture = null, double epsilon = 1e-5, int[]? target = null)
    {
        _epsilon = epsilon;
        int[] ids = [5, 9, 13, 7, 30, 41, 3];
        ITransformer model = TinyModels.Load(_folder.Path, family, architecture, edit: config =>
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

        ModelInput input = ModelInput.Of(ids) with { Target = target is null ? null : ModelInput.Of(target) };
        TensorAssert.Close(model.Forward(input).ToArray(), expected, rtol: 1e-4, atol: 1e-5);
    }

    protected double[][] Decoded(int[] ids, string words, Func<int, Func<double[][], double[][]>> block, Func<double[][], double[][]> norm,
        string head, Func<double[][], double[][]>? start = null, bool headBias = false)
    {
        double[][] x = Rows(words, ids);
        x = start?.Invoke(x) ?? x;
        x = norm(block(1)(block(0)(x)));
        return Linear(x, head, headBias);
    }

    protected double[][] Rows(string name, int[] ids)
    {
        (int[] shape, float[] values) = _weights[$"{name}.weight"];
        return [.. ids.Select(id => values.AsSpan(id * shape[1], shape[1]).ToArray().Select(v => (double)v).ToArray())];
    }

    protected double[][] Linear(double[][] x, string name, bool bias = true)
    {
        (int[] shape, float[] w) = _weights[$"{name}.weight"];
        float[]? b = bias && _weights.TryGetValue($"{name}.bias", out (int[] Shape, float[] Values) found) ? found.Values : null;
        return [.. x.Select(row => Enumerable.Range(0, shape[0])
            .Select(o => (b?[o] ?? 0) + row.Select((v, i) => v * w[(o * shape[1]) + i]).Sum()).ToArray())];
    }

    protected double[][] LayerNorm(double[][] x, string name, double shift = 0)
    {
        float[] w = _weights[$"{name}.weight"].Values, b = _weights.TryGetValue($"{name}.bias", out (int[] Shape, float[] Values) found)
            ? found.Values : new float[w.Length];
        return [.. x.Select(row =>
        {
            double mean = row.Average(), root = Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + _epsilon);
            return row.Select((v, i) => ((v - mean) / root * (w[i] + shift)) + b[i]).ToArray();
        })];
    }

    protected double[][] RmsNorm(double[][] x, string name)
    {
        float[] w = _weights[$"{name}.weight"].Values;
        return [.. x.Select(row => row.Select((v, i) => v / Math.Sqrt(row.Average(u => u * u) + _epsilon) * w[i]).ToArray())];
    }

    protected double[][] Gated(double[][] x, string name)
    {
        double[][] gate = Each(Linear(x, $"{name}.gate_proj"), v => v / (1 + Math.Exp(-v))), up = Linear(x, $"{name}.up_proj");
        return Linear([.. gate.Select((row, i) => row.Select((v, j) => v * up[i][j]).ToArray())], $"{name}.down_proj");
    }

    /// <summary>Of each head the first <paramref name="dims"/> numbers turn: i with i + dims / 2.</summary>
    protected static double[][] Rotated(double[][] x, int heads, int dims, double theta) => [.. x.Select((row, position) =>
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

    /// <summary>Of each head the first <paramref name="dims"/> numbers turn: 2i with 2i + 1.</summary>
    protected static double[][] Twisted(double[][] x, int heads, int dims) => [.. x.Select((row, position) =>
    {
        double[] turned = [.. row];
        for (int i = 0; i < heads * (dims / 2); i++)
        {
            (int first, int pair) = ((i / (dims / 2) * row.Length / heads) + (i % (dims / 2) * 2), i % (dims / 2));
            (double sin, double cos) = Math.SinCos(position * Math.Pow(10000, -2.0 * pair / dims));
            (double a, double b) = (row[first], row[first + 1]);
            (turned[first], turned[first + 1]) = ((a * cos) - (b * sin), (b * cos) + (a * sin));
        }
        return turned;
    })];

    protected static double[][] Attention(double[][] q, double[][] k, double[][] v, int heads, int keyHeads, int window = 0,
        double? scale = null, bool causal = true, Func<int, int, int, double>? bias = null)
    {
        int width = q[0].Length / heads;
        return [.. q.Select((query, i) => Enumerable.Range(0, heads).SelectMany(h =>
        {
            int from = h / (heads / keyHeads) * width, first = window == 0 ? 0 : Math.Max(0, i - window + 1);
            double[] scores = [.. Enumerable.Range(first, (causal ? i + 1 : k.Length) - first).Select(j => (bias?.Invoke(h, i, j) ?? 0)
                + (Enumerable.Range(0, width).Sum(d => query[(h * width) + d] * k[j][from + d]) * (scale ?? (1 / Math.Sqrt(width)))))];
            double[] weights = [.. scores.Select(s => Math.Exp(s - scores.Max()))];
            return Enumerable.Range(0, width).Select(d => weights.Select((w, j) => w * v[first + j][from + d]).Sum() / weights.Sum());
        }).ToArray())];
    }

    protected static double[][] Sum(double[][] a, double[][] b) => [.. a.Select((row, i) => row.Select((v, j) => v + b[i][j]).ToArray())];

    protected static double[][] Each(double[][] x, Func<double, double> f) => [.. x.Select(row => row.Select(f).ToArray())];

    protected static double GeluTanh(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    protected static double Gelu(double x)
    {
        double t = x / Math.Sqrt(2), sum = t, term = t;
        for (int n = 1; n < 60; n++) // erf's series, exact enough below 6
        {
            term *= -t * t / n;
            sum += term / ((2 * n) + 1);
        }
        return 0.5 * x * (1 + (2 / Math.Sqrt(Math.PI) * sum));
    }
}
