using System.Globalization;
using Vitrine.Autograd;
using Vitrine.Tensors;

namespace Vitrine;

/// <summary>The sample calls of the op table on a device, forward and backward with two seeds, against the CPU.</summary>
internal static class OpCheck
{
    private const double Relative = 1e-4, Absolute = 1e-5; // sums are taken in another order than the CPU's
    private const int Seeds = 2;

    /// <summary>Checks an op on every sample call whose first input has at most <paramref name="largest"/> elements.</summary>
    public static CheckedOp Run(OpRow row, Device device, int largest, CancellationToken cancellation)
    {
        int cases = 0;
        double worst = 0;
        var kernels = new SortedSet<string>(StringComparer.Ordinal);
        string? fault = null;
        foreach (OpCase call in row.Cases.Where(c => !c.IsBenchmark && c.Inputs[0].Shape.Elements <= largest))
        {
            cancellation.ThrowIfCancellationRequested();
            cases++;
            try
            {
                foreach ((Part expected, Part actual) in Compute(call, Device.Cpu).Zip(Compute(call, device)))
                {
                    kernels.UnionWith(actual.Kernels);
                    (double error, int at) = Farthest(expected.Values, actual.Values);
                    worst = Math.Max(worst, error);
                    fault ??= error <= 1 ? null : string.Create(CultureInfo.InvariantCulture,
                        $"{string.Join(", ", actual.Kernels)}: wrong at {call}; got {actual.Values[at]} at element {at}; "
                        + $"expected {expected.Values[at]}");
                }
            }
            catch (DeviceException e)
            {
                fault ??= $"{row.Name}: refused at {call}; {e.Message}";
            }
        }
        return new(row.Name, cases, worst, [.. kernels], fault);
    }

    // The output, then every gradient, each with the kernels that ran for it.
    private static List<Part> Compute(OpCase call, Device device)
    {
        using Device.Scope scope = Device.Use(device);
        Tensor[] inputs = call.Make(), wrt = [.. inputs.Where((_, i) => call.Inputs[i].HasGradient)];
        using var tape = new Tape();
        var parts = new List<Part>();
        SortedSet<string> kernels = Listen(device);
        try
        {
            Tensor y = call.Apply(inputs);
            parts.Add(new(y.ToArray(), kernels));
            Tensor seeds = Ramp(y.Shape.Prepend(Seeds));
            kernels = Listen(device);
            Gradients gradients = tape.Gradient(y, new Seeds(seeds), wrt);
            parts.AddRange(wrt.Select(x => new Part(gradients[x].ToArray(), kernels)));
        }
        finally
        {
            Op.Launched = null;
        }
        return parts;
    }

    private static SortedSet<string> Listen(Device device)
    {
        var kernels = new SortedSet<string>(StringComparer.Ordinal);
        Op.Launched = call => kernels.Add(device.Backend is GpuBackend gpu ? gpu.Chosen(call) : call.Kernel);
        return kernels;
    }

    // Numbers of both signs without a random generator: the same on every machine.
    private static Tensor Ramp(Shape shape) =>
        Tensor.From([.. Enumerable.Range(0, shape.Elements).Select(i => (((i * 37) % 101) - 50) / 40f)], shape);

    private static (double Error, int At) Farthest(float[] expected, float[] actual)
    {
        double size = Math.Max(1, expected.Where(float.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max()), worst = 0;
        int place = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = expected[i].Equals(actual[i]); // NaN and infinities too
            double error = same ? 0 : Math.Abs((double)actual[i] - expected[i]) / ((Absolute * size) + (Relative * Math.Abs(expected[i])));
            if (double.IsNaN(error) || error > worst)
            {
                (worst, place) = (double.IsNaN(error) ? double.PositiveInfinity : error, i);
            }
        }
        return (worst, place);
    }

    private sealed record Part(float[] Values, IReadOnlyCollection<string> Kernels);
}
