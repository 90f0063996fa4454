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
        using Child child = Child.Vitrine(words, Path.GetTempPath(), ("HF_ENDPOINT", server.Address.ToString()),
            ("HF_HUB_CACHE", _cache.Path), ("HF_TOKEN", ""));
        Child.Ended ended = child.Wait();
        return (ended.Code, ended.Output, ended.Error);
    }
}
