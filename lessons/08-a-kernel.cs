#:project ../Core.Tensor/Core.Tensor.csproj
// Lesson 8. One kernel, softmax, four times: as the formula says, safe, in one pass, and with vectors. Correct first, then fast.
//   dotnet run -c Release lessons/08-a-kernel.cs
using System.Diagnostics;
using System.Numerics;
using Vitrine.Tensors;

const int Rows = 256, D = 1024;
var random = new Random(1);
float[] x = [.. Enumerable.Range(0, Rows * D).Select(_ => (float)((random.NextDouble() * 20) - 10))];
double[] exact = [.. x.Chunk(D).SelectMany(Formula)];
Tensor tensor = Tensor.From(x, [Rows, D]);

Measure("three passes", () => ByRow(ThreePasses));
Measure("online", () => ByRow(Online));
Measure($"vectors of {Vector<float>.Count}", () => ByRow(Vectors));
Measure("the engine", () => tensor.Softmax().ToArray());

// e^1000 is infinite, and infinity divided by itself is not a number. Subtracting the largest changes nothing else.
float[] large = [1000, 1001];
Console.WriteLine($"naive softmax of 1000 and 1001: {string.Join(", ", Naive(large))}; safe: "
    + string.Join(", ", Tensor.From(large, [2]).Softmax().ToArray()));

static IEnumerable<double> Formula(float[] row)                       // what is meant, in float64
{
    double max = row.Max(), sum = row.Sum(v => Math.Exp(v - max));
    return row.Select(v => Math.Exp(v - max) / sum);
}

static IEnumerable<float> Naive(float[] row) => row.Select(v => MathF.Exp(v) / row.Sum(MathF.Exp));

static void ThreePasses(ReadOnlySpan<float> x, Span<float> y)         // largest, sum, division: reads x twice and y once
{
    float max = float.NegativeInfinity, sum = 0;
    foreach (float v in x) max = MathF.Max(max, v);
    for (int i = 0; i < x.Length; i++) sum += y[i] = MathF.Exp(x[i] - max);
    for (int i = 0; i < x.Length; i++) y[i] /= sum;
}

static void Online(ReadOnlySpan<float> x, Span<float> y)              // largest and sum in one pass: a new largest scales the sum
{
    float max = float.NegativeInfinity, sum = 0;
    foreach (float v in x)
    {
        float next = MathF.Max(max, v);
        sum = (sum * MathF.Exp(max - next)) + MathF.Exp(v - next);
        max = next;
    }
    for (int i = 0; i < x.Length; i++) y[i] = MathF.Exp(x[i] - max) / sum;
}

static void Vectors(ReadOnlySpan<float> x, Span<float> y)             // several numbers per instruction; D is a multiple
{
    int lanes = Vector<float>.Count;
    Vector<float> largest = new(float.NegativeInfinity), sums = default;
    for (int i = 0; i < x.Length; i += lanes) largest = Vector.Max(largest, new Vector<float>(x[i..]));
    float max = float.NegativeInfinity;
    for (int lane = 0; lane < lanes; lane++) max = MathF.Max(max, largest[lane]);
    for (int i = 0; i < x.Length; i += lanes)
    {
        Vector<float> power = Vector.Exp(new Vector<float>(x[i..]) - new Vector<float>(max));
        power.CopyTo(y[i..]);
        sums += power;
    }
    Vector<float> scale = new(1 / Vector.Sum(sums));                  // one division, then products
    for (int i = 0; i < x.Length; i += lanes) (new Vector<float>(y[i..]) * scale).CopyTo(y[i..]);
}

float[] ByRow(RowKernel kernel)
{
    float[] y = new float[x.Length];
    for (int i = 0; i < x.Length; i += D) kernel(x.AsSpan(i, D), y.AsSpan(i, D));
    return y;
}

void Measure(string name, Func<float[]> run)                          // correct first, then the fastest of 9
{
    double error = run().Zip(exact, (a, b) => Math.Abs(a - b)).Max();
    double best = Enumerable.Range(0, 9).Select(_ => Stopwatch.StartNew()).Min(clock => { run(); return clock.Elapsed.TotalMicroseconds; });
    Console.WriteLine($"{name,-14} {best,6:0} µs, largest error {error:0.0e0}");
}

delegate void RowKernel(ReadOnlySpan<float> x, Span<float> y);

// Exercises (answers in lessons/README.md)
// 1. The online form computes two exponentials per number, three passes only one. Where is it faster all the same?
// 2. Why is 1 / sum computed once, and what does that cost in accuracy?
// 3. Make D 1023. What breaks in Vectors, and what are two ways to repair it?
