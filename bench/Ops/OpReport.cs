using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.Json;
using System.Text;
using Vitrine.Cli;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Bench;

/// <summary>One direction of one op.</summary>
/// <param name="Ms">Median of the kernels alone, results written into memory that exists.</param>
/// <param name="SpreadMs">Ninth decile minus first.</param>
/// <param name="GigabytesPerSecond">Every input read once and every output written once.</param>
/// <param name="GigaflopsPerSecond">0 where the operations were not counted.</param>
/// <param name="Binds"><c>copy</c> or <c>units</c>: which limit of the machine is the nearer one.</param>
/// <param name="Share">The time at that limit divided by the time measured next to it: the median over rounds.</param>
internal sealed record OpPass(double Ms, double SpreadMs, double GigabytesPerSecond, double GigaflopsPerSecond, string Binds, double Share);

/// <summary>One op at one size.</summary>
/// <param name="Op">Its name.</param>
/// <param name="Call">Shapes and options.</param>
/// <param name="Forward">The op.</param>
/// <param name="Backward">The gradients of all its inputs for one seed; null where it has none.</param>
/// <param name="CallMs">The public call, with the allocation of its result.</param>
internal sealed record OpTiming(string Op, string Call, OpPass Forward, OpPass? Backward, double CallMs);

/// <summary>What <c>bench ops</c> found.</summary>
/// <param name="Machine">What was measured where.</param>
/// <param name="Device">The device's name.</param>
/// <param name="Peaks">What the machine can do: the copy's median over the run, the best rates of arithmetic.</param>
/// <param name="Ops">Every benchmark case of the op table.</param>
internal sealed record OpReport(string Machine, string Device, Peaks Peaks, OpTiming[] Ops)
{
    private const string Legend = """
        Every op is compared with its float64 reference before anything is timed. *forward* and *backward* (one seed, all gradients) are the kernels alone, results
        written into memory that exists; *call* is the public method, which allocates its result. Medians of at least 20 runs; *±* is the ninth decile minus the first.
        *GB/s* counts every input read once and every output written once, in a backward of several kernels for each of them. *binds* is the nearer limit: `copy`, the time to move those bytes at the copy bandwidth,
        or `units`, the time in which the vector units could issue the op's operations (a fused multiply–add is one; a division keeps a unit busy for as long as was
        measured). *share* is the time at that limit divided by the time measured: 100 % cannot be bettered by much. Copy and op are measured in turn,
        16 ms each, and the share is the median over these rounds: the machine has other users, and their moments hit both alike. The copy is the fastest of the
        runtime's own, a vector loop and a vector loop that fetches ahead, with ordinary stores and the threads of the ops.
        """;

    private static readonly string[] s_head =
        ["op", "call", ">forward ms", ">±", ">GB/s", ">GFLOP/s", "binds", ">share", ">backward ms", ">GB/s", "binds", ">share", ">call ms"];

    /// <summary>What the machine can do, in a line.</summary>
    public string Limits() => Invariant(
        $"copy {Peaks.Copy:F1} GB/s (25 MB read, 25 MB written)")
        + (Peaks.Fma > 0 ? Invariant($"; fused multiply–add {Peaks.Fma:F0} GFLOP/s") : "")
        + (Peaks.Division > 0 ? Invariant($"; division {Peaks.Division:F1} G/s") : "");

    /// <summary>Columns of text.</summary>
    public void WriteTo(TextWriter output)
    {
        output.WriteLine($"{Machine}\n{Limits()}\n");
        Table.Write(output, s_head, Ops.Select(Cells));
    }

    /// <summary>The same as a document.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder($"# Ops on {Device}\n\n{Machine}; {Limits()}. Made by `bench ops`.\n\n{Legend}\n\n");
        text.Append($"| {string.Join(" | ", s_head.Select(h => h.TrimStart('>')))} |\n|");
        text.Append(string.Concat(s_head.Select(h => h[0] == '>' ? "--:|" : "---|"))).Append('\n');
        foreach (OpTiming op in Ops)
        {
            text.Append($"| {string.Join(" | ", Cells(op))} |\n");
        }
        return text.ToString();
    }

    /// <summary>The same for programs, and for <see cref="Read"/>.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, OpReportJson.Default.OpReport) + "\n";

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="CommandException">It is not such a file.</exception>
    public static OpReport Read(string path)
    {
        JsonField report = JsonField.Parse($"bench: '{path}'", File.ReadAllBytes(path),
            message => new CommandException(ExitCode.Input, $"{message} A result of 'bench ops --json' is read."));
        JsonField peaks = report["peaks"];
        var known = new HashSet<(string, string)>();
        return new(report["machine"].Text(), report["device"].Text(),
            new(peaks["copy"].Magnitude(), peaks["fma"].Magnitude(), peaks["division"].Magnitude()),
            [.. report["ops"].Items().Select(op => new OpTiming(op["op"].Text(),
                known.Add((op["op"].Text(), op["call"].Text())) ? op["call"].Text() : throw op["call"].Bad("stands twice", null),
                Pass(op["forward"]), op.Optional("backward") is { } backward ? Pass(backward) : null, op["call_ms"].Magnitude()))]);
    }

    private static OpPass Pass(JsonField pass) => new(pass["ms"].Magnitude(), pass["spread_ms"].Magnitude(),
        pass["gigabytes_per_second"].Magnitude(), pass["gigaflops_per_second"].Magnitude(), pass["binds"].Text(),
        pass["share"].Magnitude());

    private static string[] Cells(OpTiming op) =>
        [op.Op, op.Call, .. Cells(op.Forward), .. op.Backward is { } b
            ? [Milliseconds(b.Ms), Invariant($"{b.GigabytesPerSecond:F1}"), b.Binds, Percent(b.Share)] : Enumerable.Repeat("", 4),
                Milliseconds(op.CallMs)];

    private static string[] Cells(OpPass pass) =>
    [
        Milliseconds(pass.Ms), Milliseconds(pass.SpreadMs), Invariant($"{pass.GigabytesPerSecond:F1}"), pass.GigaflopsPerSecond > 0
            ? Invariant($"{pass.GigaflopsPerSecond:F1}") : "",
        pass.Binds, Percent(pass.Share),
    ];

    private static string Milliseconds(double ms) => Invariant($"{ms:F3}");

    private static string Percent(double share) => Invariant($"{100 * share:F0} %");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>How a report is written as JSON, known at build time.</summary>
[JsonSerializable(typeof(OpReport))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
internal sealed partial class OpReportJson : JsonSerializerContext;
