using System.CommandLine;
using System.Globalization;
using Vitrine.Cli;

namespace Vitrine.Bench;

/// <summary><c>bench compare</c>: two results of <c>bench ops --json</c> side by side.</summary>
internal static class BenchCompare
{
    public static Verb Create(Terminal terminal)
    {
        var before = new Argument<string>("before") { Description = "Result of 'bench ops --json'." };
        var after = new Argument<string>("after") { Description = "Another one." };
        return new Verb("compare", "Shows how many times faster the second of two results is.", """
            dotnet run -c Release --project bench -- compare before.json after.json
            """)
            .With(before, after)
            .Does((parsed, _) =>
            {
                OpReport first = Read(parsed.GetValue(before)!, terminal), second = Read(parsed.GetValue(after)!, terminal);
                terminal.Output.WriteLine($"before: {first.Device}; {first.Machine}\nafter:  {second.Device}; {second.Machine}\n");
                Dictionary<(string, string), OpTiming> known = first.Ops.ToDictionary(op => (op.Op, op.Call));
                Table.Write(terminal.Output, ["op", "call", ">forward ms", ">after", ">times faster", ">backward ms", ">after",
                    ">times faster"],
                    second.Ops.Where(op => known.ContainsKey((op.Op, op.Call))).Select(op => Line(known[(op.Op, op.Call)], op)));
                int alone = first.Ops.Length + second.Ops.Length - (2 * second.Ops.Count(op => known.ContainsKey((op.Op, op.Call))));
                if (alone > 0)
                {
                    terminal.Output.WriteLine($"\n{alone} lines are in one of the two only.");
                }
            });
    }

    private static OpReport Read(string path, Terminal terminal)
    {
        string file = terminal.Resolve(path);
        return File.Exists(file) ? OpReport.Read(file) : throw new CommandException(ExitCode.Input, $"bench: there is no file '{path}'.");
    }

    private static string[] Line(OpTiming before, OpTiming after) =>
        [after.Op, after.Call, .. Pair(before.Forward, after.Forward), .. Pair(before.Backward, after.Backward)];

    private static string[] Pair(OpPass? before, OpPass? after) =>
    [
        Number(before?.Ms, "F3"), Number(after?.Ms, "F3"), Number(before?.Ms / after?.Ms, "F2"),
    ];

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
