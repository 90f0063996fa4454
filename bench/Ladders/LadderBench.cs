using System.Text;
using Vitrine.Tensors;

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

    private static readonly Dictionary<string, Func<Ladder>> s_gpuLadders = new()
    {
        ["matmul"] = GpuLadders.MatMul,
        ["layer_norm"] = GpuLadders.LayerNorm,
        ["softmax"] = GpuLadders.Softmax,
        ["attention"] = GpuLadders.Attention,
    };

    /// <summary>
    /// Arguments: <c>--device opencl:0</c> for the ladders of a device (optional), a ladder's name or <c>all</c>, and the report's path
    /// (optional).
    /// </summary>
    public static int Run(string[] args)
    {
        Device device = args is ["--device", var name, ..] ? Device.Parse(name) : Device.Cpu;
        args = device == Device.Cpu ? args : args[2..];
        using Device.Scope scope = Device.Use(device);
        Dictionary<string, Func<Ladder>> ladders = device == Device.Cpu ? s_ladders : s_gpuLadders;
        string which = args.Length > 0 ? args[0] : "all";
        if (which != "all" && !ladders.ContainsKey(which))
        {
            Console.Error.WriteLine($"bench: no such ladder; got '{which}'; expected all, {string.Join(", ", ladders.Keys)}.");
            return 2;
        }
        var report = new StringBuilder($"# Ladders on {device}\n\n{Machine.Header()}.\nEvery rung was compared with float64 before it was "
            + $"timed; median of up to 200 runs. ")
            .Append($"Made by `dotnet run -c Release --project bench -- ladders{(device == Device.Cpu ? "" : $" --device {device}")}`; "
                + $"the code is in `bench/Ladders`, the story in `docs/LADDERS.md`.\n\n");
        Console.Write(report);
        foreach ((string title, Func<Ladder> create) in ladders)
        {
            if (which == "all" || which == title)
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
