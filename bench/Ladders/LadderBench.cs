using System.Text;
using Vitrine.Cli;

namespace Vitrine.Bench.Ladders;

/// <summary>Climbs the ladders of docs/LADDERS.md and writes their table.</summary>
internal static class LadderBench
{
    private static readonly Dictionary<string, Func<Ladder>> s_ladders = new()
    {
        ["matmul"] = MatMulLadder.Create,
        ["layer_norm"] = LayerNormLadder.Create,
        ["softmax"] = SoftmaxLadder.Create,
        ["attention"] = AttentionLadder.Create,
    };

    /// <summary>Arguments: a ladder's name or <c>all</c>, and the report's path (optional).</summary>
    public static int Run(string[] args)
    {
        string which = args.Length > 0 ? args[0] : "all";
        if (which != "all" && !s_ladders.ContainsKey(which))
        {
            Console.Error.WriteLine($"bench: no such ladder; got '{which}'; expected all, {string.Join(", ", s_ladders.Keys)}.");
            return 2;
        }
        var report = new StringBuilder($"# Ladders\n\n{Machine.Header()}.\nEvery rung was compared with float64 before it was timed; median of up to 200 runs. ")
            .Append("Made by `dotnet run -c Release --project bench -- ladders`; the code is in `bench/Ladders`, the story in `docs/LADDERS.md`.\n\n");
        Console.Write(report);
        foreach ((string name, Func<Ladder> create) in s_ladders)
        {
            if (which == "all" || which == name)
            {
                create().Climb(report);
            }
        }
        if (args.Length > 1)
        {
            File.WriteAllText(args[1] + ".new", report.ToString().TrimEnd() + "\n");
            File.Move(args[1] + ".new", args[1], overwrite: true);
        }
        return 0;
    }
}
