using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Hub;

/// <summary>The commands, as processes of their own: the environment says where the hub and the cache are.</summary>
public sealed class PullCommandTests : IDisposable
{
    private readonly TempFolder _cache = new();

    public void Dispose() => _cache.Dispose();

    [Fact]
    public void ModelOfAHub_IsFetchedOnceAndExplained()
    {
        using HubServer server = Shipped();

        (int code, string output, string error) = Vitrine(server, "predict", "--model", "org/name", "a gorgeous, witty, seductive movie");
        int asked = server.Asked.Count;
        (int again, string second, _) = Vitrine(server, "predict", "--model", "org/name", "a gorgeous, witty, seductive movie");

        Assert.Equal((0, ""), (code, error));
        Assert.Contains("positive", output, StringComparison.Ordinal);
        Assert.Equal((0, output, asked), (again, second, server.Asked.Count));
    }

    [Fact]
    public void PullModelsRemove_TellOneAnother()
    {
        using HubServer server = Shipped();

        string folder = Vitrine(server, "pull", "org/name").Output.Trim();
        JsonNode listed = JsonNode.Parse(Vitrine(server, "models", "--json").Output)!.AsArray()
            .Single(model => (string)model!["name"]! == "org/name")!;
        (int removed, _, _) = Vitrine(server, "remove", "org/name");
        (int missing, _, string error) = Vitrine(server, "remove", "org/name");

        Assert.Equal(("bert", "sequence classification", "main", true),
            ((string)listed["family"]!, (string)listed["task"]!, (string)listed["where"]!, (bool)listed["complete"]!));
        Assert.Equal(folder, (string)listed["folder"]!);
        Assert.Equal((0, 4), (removed, missing));
        Assert.Contains("is not in the cache", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Pull_NoSuchModel_IsOneLineAndExitCodeFour()
    {
        using HubServer server = Shipped();
        server.Refusals.Enqueue("404 Not Found");

        (int code, string output, string error) = Vitrine(server, "pull", "org/name");

        Assert.Equal((4, ""), (code, output));
        Assert.StartsWith("vitrine: hub: ", error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Pull_KilledAtAnyMoment_LeavesWholeFilesOrNothing()
    {
        using HubServer server = new() { Rate = 2_000_000 };
        server.Files["config.json"] = Encoding.UTF8.GetBytes("""{"model_type":"bert"}""");
        for (int i = 0; i < 4; i++)
        {
            server.Files[$"part{i}.spm"] = Bytes(50_000 + i, i);
        }
        server.Files["model.safetensors"] = Bytes(400_000, 9);
        int kills = int.Parse(Environment.GetEnvironmentVariable("VITRINE_KILLS") ?? "4", CultureInfo.InvariantCulture);
        var random = new Random(7);
        for (int i = 0; i < kills; i++)
        {
            using Process process = Start(server, "pull", "org/name");
            if (!process.WaitForExit(random.Next(100, 700)))
            {
                process.Kill();
            }
            process.WaitForExit();
            foreach (string file in Files("snapshots"))
            {
                Assert.Equal(server.Files[Path.GetFileName(file)], File.ReadAllBytes(file));
            }
            if (random.Next(4) == 0)
            {
                Directory.Delete(_cache.Path, recursive: true);
            }
        }

        Assert.Equal(0, Vitrine(server, "pull", "org/name").Code);

        Assert.Equal(server.Files.Keys.Order(), Files("snapshots").Select(Path.GetFileName).Order());
        Assert.All(Files("snapshots"), file => Assert.Equal(server.Files[Path.GetFileName(file)], File.ReadAllBytes(file)));
        Assert.DoesNotContain(Files("blobs"), file => file.EndsWith(".incomplete", StringComparison.Ordinal));
    }

    private string[] Files(string part) => Path.Combine(_cache.Path, "models--org--name", part) is var folder && Directory.Exists(folder)
        ? Directory.GetFiles(folder, "*", SearchOption.AllDirectories) : [];

    private static HubServer Shipped()
    {
        var server = new HubServer();
        foreach (string file in Directory.EnumerateFiles(Path.Combine(GoldenFolder.SourceTree(), "models", "sentiment")))
        {
            server.Files[Path.GetFileName(file)] = File.ReadAllBytes(file);
        }
        return server;
    }

    private (int Code, string Output, string Error) Vitrine(HubServer server, params string[] words)
    {
        using Process process = Start(server, words);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    private Process Start(HubServer server, params string[] words)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Vitrine.Cli.dll"), .. words])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        start.Environment["HF_ENDPOINT"] = server.Address.ToString();
        start.Environment["HF_HUB_CACHE"] = _cache.Path;
        start.Environment["HF_TOKEN"] = "";
        return Process.Start(start)!;
    }

    private static byte[] Bytes(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
