using System.CommandLine;
using System.Globalization;
using Vitrine.Cli;
using Vitrine.Tensors;

namespace Vitrine.Bench;

/// <summary><c>bench pair</c>: the kernels of two devices in turn, in one process, so that what else the machine does hits both
/// alike.</summary>
internal static class BenchPair
{
    private const int Rounds = 9;
    private const int Launches = 1000;

    public static Verb Create(Terminal terminal)
    {
        var first = new Argument<string>("first") { Description = "The device that counts as 1." };
        var second = new Argument<string>("second") { Description = "The device that is compared with it." };
        var names = new Argument<string[]>("op") { Description = "Ops; left out: all.", Arity = ArgumentArity.ZeroOrMore };
        return new Verb("pair", "Times the kernels of ops on two devices in turn, and the start of a small one.", """
            dotnet run -c Release --project bench -- pair opencl:0 ilgpu:0
            dotnet run -c Release --project bench -- pair opencl:0 ilgpu:0 mat_mul softmax
            """)
            .With(first, second, names)
            .Does((parsed, cancellation) =>
            {
                Device one = Device.Parse(parsed.GetValue(first)!), other = Device.Parse(parsed.GetValue(second)!);
                OpRow[] rows = parsed.GetValue(names) is { Length: > 0 } some ? [.. some.Select(OpTable.Get)] : [.. OpTable.All];
                terminal.Output.WriteLine(Machine.Header());
                Table.Write(terminal.Output, ["op", "call", $">{one.Name} ms", $">{other.Name} ms", ">ratio",
                    ">backward ms", ">ms", ">ratio"],
                    rows.SelectMany(row => row.Benchmarks.Concat(Odd(row)).Select(call => Line(row, call, one, other, cancellation))));
                (double before, double after) = Alternate(Small(one), Small(other), cancellation);
                terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{Launches} launches of a small kernel: {before:F2} ms, {after:F2} ms, {after / before:F2}"));
            });
    }

    // Rows that do not begin on 16 bytes take other loads: the benchmark's call with odd rows, where the op has rows.
    private static IEnumerable<OpCase> Odd(OpRow row) => row.Name is "softmax" or "log_softmax"
        ? [row.Benchmarks.First() with { Inputs = [new([2048, 1023])], Label = "odd rows" }] : [];

    private static string[] Line(OpRow row, OpCase call, Device one, Device other, CancellationToken cancellation)
    {
        OpWork before = On(one, () => new OpWork(row, call)), after = On(other, () => new OpWork(row, call));
        return [row.Name, call.ToString(), .. Pair(before.Forward, after.Forward),
            .. before.HasBackward ? Pair(before.Backward, after.Backward) : ["", "", ""]];

        string[] Pair(Action a, Action b)
        {
            (double x, double y) = Alternate(() => On(one, a), () => On(other, b), cancellation);
            return [.. new[] { (x, "F3"), (y, "F3"), (y / x, "F2") }.Select(n => n.Item1.ToString(n.Item2, CultureInfo.InvariantCulture))];
        }
    }

    /// <summary>Medians in ms of two pieces of work in turn.</summary>
    private static (double First, double Second) Alternate(Action first, Action second, CancellationToken cancellation)
    {
        first();
        second();
        List<double> a = [], b = [];
        for (int round = 0; round < Rounds; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            a.AddRange(Timing.Slice(first));
            b.AddRange(Timing.Slice(second));
        }
        return (Timing.Middle(a), Timing.Middle(b));
    }

    private static Action Small(Device device)
    {
        Tensor x = Tensor.Full([64], 1).To(device), y = Tensor.Empty([64], device);
        return () => On(device, () =>
        {
            for (int i = 0; i < Launches; i++)
            {
                Op.Launch("scale_forward", 64, [x, y], 1f, 0f);
            }
            device.Synchronize();
        });
    }

    private static void On(Device device, Action work) => On(device, () =>
    {
        work();
        return 0;
    });

    private static T On<T>(Device device, Func<T> work)
    {
        using Device.Scope scope = Device.Use(device);
        return work();
    }
}
