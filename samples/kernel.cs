#:project ../Core.Tensor/Core.Tensor.csproj
// One kernel from its formula to SIMD: y = (x − mean) / √(variance + ε) by rows, checked against float64 before it is timed.
//   dotnet run -c Release samples/kernel.cs
using System.Diagnostics;
using System.Numerics;
using Vitrine.Tensors;

const int Rows = 512, D = 768;
const float Epsilon = 1e-5f;
float[] x = [.. Enumerable.Range(0, Rows * D).Select(i => MathF.Sin(i))];
double[] exact = [.. x.Chunk(D).SelectMany(Formula)];
Tensor tensor = Tensor.From(x, [Rows, D]), gamma = Tensor.Full([D], 1), beta = Tensor.Zeros([D]);
Measure("scalar loop", () => Kernel(Scalar));
Measure($"vectors of {Vector<float>.Count}", () => Kernel(Vectors));
Measure("the engine", () => tensor.LayerNorm(gamma, beta, Epsilon).ToArray());

static IEnumerable<double> Formula(float[] row)                       // what is meant, in float64
{
    double mean = row.Average(v => (double)v), variance = row.Average(v => (v - mean) * (v - mean));
    return row.Select(v => (v - mean) / Math.Sqrt(variance + Epsilon));
}

static void Scalar(ReadOnlySpan<float> x, Span<float> y)              // one number after another
{
    float sum = 0, squares = 0;
    foreach (float v in x) sum += v;
    float mean = sum / x.Length;
    foreach (float v in x) squares += (v - mean) * (v - mean);        // a second pass: E[x²] − mean² would cancel
    float rstd = 1 / MathF.Sqrt((squares / x.Length) + Epsilon);
    for (int i = 0; i < x.Length; i++) y[i] = (x[i] - mean) * rstd;
}

static void Vectors(ReadOnlySpan<float> x, Span<float> y)             // the same, several numbers per instruction; D is a multiple
{
    int lanes = Vector<float>.Count;
    Vector<float> sum = default, squares = default;
    for (int i = 0; i < x.Length; i += lanes) sum += new Vector<float>(x[i..]);
    var mean = new Vector<float>(Vector.Sum(sum) / x.Length);
    for (int i = 0; i < x.Length; i += lanes) squares += (new Vector<float>(x[i..]) - mean) * (new Vector<float>(x[i..]) - mean);
    float rstd = 1 / MathF.Sqrt((Vector.Sum(squares) / x.Length) + Epsilon);
    for (int i = 0; i < x.Length; i += lanes) ((new Vector<float>(x[i..]) - mean) * rstd).CopyTo(y[i..]);
}

float[] Kernel(RowKernel row)
{
    float[] y = new float[x.Length];
    for (int i = 0; i < x.Length; i += D) row(x.AsSpan(i, D), y.AsSpan(i, D));
    return y;
}

void Measure(string name, Func<float[]> run)                          // correct first, then the fastest of 50
{
    double error = run().Zip(exact, (a, b) => Math.Abs(a - b)).Max();
    double best = Enumerable.Range(0, 50).Select(_ => Stopwatch.StartNew())
        .Min(clock => { run(); return clock.Elapsed.TotalMicroseconds; });
    Console.WriteLine($"{name,-14} {best,6:0} µs, largest error {error:0.0e0}");
}

delegate void RowKernel(ReadOnlySpan<float> x, Span<float> y);
