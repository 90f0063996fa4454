using System.Globalization;
using Vitrine.Tensors;

namespace Vitrine;

/// <summary>
/// What a device computes, held against the CPU: every op forward and backward on small and odd shapes by the kernels that this device
/// chooses, three small models from text to explanation, and, where all of that is right, its speed.
/// </summary>
public sealed record DeviceCheck
{
    private static readonly string[] s_timed = ["mat_mul", "softmax", "layer_norm", "attention"];
    private static readonly (string Model, string Text)[] s_models =
        [("sentiment", "a gorgeous, witty, seductive movie"), ("shakespeare", "To be or not"), ("zh-en", "你好")];

    /// <summary>The device's name.</summary>
    public required string Device { get; init; }

    /// <summary>What the hardware and its driver call themselves.</summary>
    public required string Description { get; init; }

    /// <summary>Whether its products run on tensor cores.</summary>
    public bool HasTensorCores { get; init; }

    /// <summary>The ops.</summary>
    public required IReadOnlyList<CheckedOp> Ops { get; init; }

    /// <summary>The models; empty where an op is wrong, or no model lies next to the program.</summary>
    public IReadOnlyList<CheckedModel> Models { get; init; } = [];

    /// <summary>Speeds; empty where something is wrong.</summary>
    public IReadOnlyList<CheckedSpeed> Speeds { get; init; } = [];

    /// <summary>GB/s of a copy, read and written; null where speed was not measured.</summary>
    public double? CopyPeak { get; init; }

    /// <summary>GFLOP/s of fused multiply–adds; null where speed was not measured.</summary>
    public double? ArithmeticPeak { get; init; }

    /// <summary>What is wrong, ops first; empty where nothing is.</summary>
    public IReadOnlyList<string> Faults =>
    [
        .. Ops.Select(op => op.Fault).OfType<string>(),
        .. Models.Where(model => model.Fault is not null).Select(model => model.ToString()),
    ];

    /// <summary>Checks a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="progress">Told after every op and model.</param>
    /// <param name="cancellation">Stops between calls.</param>
    public static DeviceCheck Run(Device device, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        var ops = new List<CheckedOp>();
        foreach (OpRow row in OpTable.All)
        {
            ops.Add(OpCheck.Run(row, device, int.MaxValue, cancellation));
            progress?.Report(new("ops", ops.Count, OpTable.All.Count));
        }
        var check = new DeviceCheck
        {
            Device = device.Name,
            Description = device.Description,
            HasTensorCores = device.Backend is GpuBackend { HasTensorCores: true },
            Ops = ops,
        };
        if (check.Faults.Count > 0)
        {
            return check;
        }
        CheckedDevices.Remember(device);
        check = check with { Models = [.. s_models.Select(m => Compare(m.Model, m.Text, device, cancellation)).OfType<CheckedModel>()] };
        return check.Faults.Count > 0 ? check : check.Timed(device, cancellation);
    }

    /// <summary>For example <c>opencl:0 computes rightly: 39 ops, 3 models</c>.</summary>
    public override string ToString() => Faults is [var first, ..]
        ? $"{Device} computes wrongly: {first}"
        : FormattableString.Invariant(
            $"{Device} computes rightly: {Ops.Count} ops in {Ops.Sum(op => op.Cases)} cases, {Models.Count} models");

    private static CheckedModel? Compare(string model, string text, Device device, CancellationToken cancellation)
    {
        const double Most = 1e-3; // of probabilities and scores
        try
        {
            (string Text, double Number)[] expected = Numbers("cpu"), actual = Numbers(device.Name);
            double error = expected.Zip(actual, (e, a) => e.Text == a.Text ? Math.Abs(e.Number - a.Number) : double.PositiveInfinity)
                .Append(expected.Length == actual.Length ? 0 : double.PositiveInfinity).Max();
            return new(model, error, error <= Most ? null : string.Create(CultureInfo.InvariantCulture,
                $"another explanation than on the CPU; got a difference of {error:G3}; expected at most {Most}"));
        }
        catch (RequestException e) when (e.Fault == Fault.Model)
        {
            return null; // a program without the shipped models
        }
        catch (DeviceException e)
        {
            return new(model, double.PositiveInfinity, e.Message);
        }

        (string Text, double Number)[] Numbers(string name)
        {
            using Explainer explainer = Explainer.Load(model, new LoadOptions { Device = name });
            Explanation explained = explainer.Explain(text, new ExplainRequest { Steps = 8, MaxNewTokens = 6 }, null, cancellation);
            return [.. explained.Predictions.Select(p => (p.Label, p.Probability)), .. explained.Tokens.Select(t => (t.Text, t.Score))];
        }
    }

    private DeviceCheck Timed(Device device, CancellationToken cancellation)
    {
        using Device.Scope scope = Tensors.Device.Use(device);
        var limits = new Limits(cancellation);
        var speeds = new List<CheckedSpeed>();
        foreach (OpRow row in s_timed.Select(OpTable.Get))
        {
            foreach (OpCase call in row.Benchmarks)
            {
                cancellation.ThrowIfCancellationRequested();
                Tensor[] inputs = call.Make();
                double ms = Timing.Middle(Timing.Slice(() =>
                {
                    _ = call.Apply(inputs);
                    device.Synchronize();
                }));
                (string binds, double least) = limits.Measure().Limit(call.Bytes, call.Cost);
                speeds.Add(new(row.Name, call.ToString(), ms, call.Bytes / ms / 1e6, call.Flops / ms / 1e6, least / ms, binds));
            }
        }
        return this with { Speeds = speeds, CopyPeak = limits.Peaks.Copy, ArithmeticPeak = limits.Peaks.Fma };
    }
}
