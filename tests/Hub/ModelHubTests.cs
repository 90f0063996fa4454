using System.Globalization;
using System.Text;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Hub;

public sealed class ModelHubTests
{
    private static readonly CancellationToken s_none = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pull_Repository_FetchesWhatAModelNeedsAndNothingElse()
    {
        using var folder = new TempFolder();
        using HubServer server = Small(new());
        server.Files["README.md"] = [1];
        server.Files["pytorch_model.bin"] = [1];
        server.Files["onnx/model.onnx"] = [1];

        string model = await HubOf(folder, server).Pull("org/name", cancellation: s_none);

        Assert.Equal(["config.json", "model.safetensors", "tokenizer.json"], Directory.EnumerateFiles(model).Select(Path.GetFileName)
            .Order());
        Assert.All(Directory.EnumerateFiles(model), file => Assert.Equal(server.Files[Path.GetFileName(file)], File.ReadAllBytes(file)));
    }

    [Fact]
    public async Task Pull_Repository_LaysTheCacheOutAsHuggingFaceHubDoes()
    {
        using var folder = new TempFolder();
        using HubServer server = Small(new());

        string model = await HubOf(folder, server).Pull("org/name", cancellation: s_none);

        string root = Path.Combine(folder.Path, "models--org--name");
        Assert.Equal(Path.Combine(root, "snapshots", HubServer.Commit), model);
        Assert.Equal(HubServer.Commit, File.ReadAllText(Path.Combine(root, "refs", "main")));
        string hash = HubServer.GitHash(server.Files["config.json"]);
        Assert.Equal(Path.Combine("..", "..", "blobs", hash), new FileInfo(Path.Combine(model, "config.json")).LinkTarget);
        Assert.True(File.Exists(Path.Combine(root, "blobs", hash)));
        Assert.Equal(3, Directory.EnumerateFiles(Path.Combine(root, "blobs")).Count());
    }

    [Fact]
    public async Task Pull_Shards_FollowsTheIndex()
    {
        using var folder = new TempFolder();
        using HubServer server = Small(new());
        server.Files.Remove("model.safetensors");
        server.Files["model.safetensors.index.json"] = Encoding.UTF8.GetBytes(
            """{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}""");
        server.Files["model-00001-of-00002.safetensors"] = Bytes(5000, 1);
        server.Files["model-00002-of-00002.safetensors"] = Bytes(6000, 2);
        server.Files["model-00003-of-00002.safetensors"] = Bytes(6000, 2);

        string model = await HubOf(folder, server).Pull("org/name", cancellation: s_none);

        Assert.Equal(5, Directory.EnumerateFiles(model).Count());
        Assert.NotNull(HubOf(folder, server).Find("org/name"));
        File.Delete(Path.Combine(model, "model-00002-of-00002.safetensors"));
        Assert.Null(HubOf(folder, server).Find("org/name"));
    }

    [Fact]
    public async Task Pull_BrokenConnections_GoesOnWhereItBroke()
    {
        using var folder = new TempFolder();
        using HubServer server = Small(new());
        server.Breaks.Enqueue(10_000);
        server.Breaks.Enqueue(20_000);

        string model = await HubOf(folder, server).Pull("org/name", cancellation: s_none);

        Assert.Equal(server.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(model, "model.safetensors")));
        string[] store = [.. server.Asked.Where(line => line.StartsWith("store ", StringComparison.Ordinal))];
        Assert.Equal(3, store.Length);
        Assert.EndsWith(" bytes=10000-", store[1]);
        Assert.EndsWith(" bytes=30000-", store[2]);
    }

    [Fact]
    public async Task Pull_ServerWithoutRanges_StartsAnew()
    {
        using var folder = new TempFolder();
        using HubServer server = Small(new() { HasRanges = false });
        server.Breaks.Enqueue(10_000);

        string model = await HubOf(folder, server).Pull("org/name", cancellation: s_none);

        Assert.Equal(server.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(model, "model.safetensors")));
    }

    [Fact]
    public async Task Pull_DamagedEarlierPart_IsFoundByItsHashAndFetchedAnew()
    {
        using var folder = new TempFolder();
        using HubServer server = Small(new());
        string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(server.Files["model.safetensors"]));
        string blobs = Directory.CreateDirectory(Path.Combine(folder.Path, "models--org--name", "blobs")).FullName;
        File.WriteAllBytes(Path.Combine(blobs, hash + ".incomplete"), new byte[7000]);

        string model = await HubOf(folder, server).Pull("org/name", cancellation: s_none);

        Assert.Equal(server.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(model, "model.safetensors")));
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("config.json")]
    public async Task Pull_WrongBytes_IsAnErrorAndLeavesNoFile(string damaged)
    {
        using var folder = new TempFolder();
        using HubServer server = Small(new());
        server.Sent = (name, bytes) => name == damaged ? [.. bytes.SkipLast(1), (byte)(bytes[^1] ^ 1)] : bytes;

        RequestException e = await Assert.ThrowsAsync<RequestException>(() => HubOf(folder, server).Pull("org/name", cancellation: s_none));

        Assert.Contains("is damaged", e.Message, StringComparison.Ordinal);
        Assert.Null(HubOf(folder, server).Find("org/name"));
        Assert.False(File.Exists(Path.Combine(folder.Path, "models--org--name", "snapshots", HubServer.Commit, damaged)));
    }

    [Fact]
    public async Task Pull_Token_GoesToTheEndpointAndNotToTheStore()
    {
        using var folder = new TempFolder();
        using HubServer server = Small(new() { Token = "hf_secret" });

        RequestException without = await Assert.ThrowsAsync<RequestException>(() =>
            HubOf(folder, server).Pull("org/name", cancellation: s_none));
        await new ModelHub(HubOf(folder, server).Settings with { Token = "hf_secret" }).Pull("org/name", cancellation: s_none);

        Assert.Contains("HF_TOKEN", without.Message, StringComparison.Ordinal);
        Assert.Contains(server.Asked, line => line.StartsWith("store ", StringComparison.Ordinal));
        Assert.False(server.StoreSawToken);
    }

    [Theory]
    [InlineData("401 Unauthorized", "private or does not exist")]
    [InlineData("401 Unauthorized\r\nX-Error-Code: GatedRepo", "Accept the model's terms")]
    [InlineData("403 Forbidden", "Accept the model's terms")]
    [InlineData("404 Not Found\r\nX-Error-Code: RevisionNotFound", "no such revision")]
    [InlineData("404 Not Found", "does not exist")]
    [InlineData("418 I'm a teapot", "unexpected status 418")]
    [InlineData("302 Found\r\nLocation: ftp://127.0.0.1/", "which is not followed")]
    public async Task Pull_Refusal_IsToldInWords(string answer, string expected)
    {
        using var folder = new TempFolder();
        using HubServer server = Small(new());
        server.Refusals.Enqueue(answer);

        RequestException e = await Assert.ThrowsAsync<RequestException>(() => HubOf(folder, server).Pull("org/name", cancellation: s_none));

        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Single(server.Asked);
    }

    [Theory]
    [InlineData("429 Too Many Requests\r\nRetry-After: 0", "429")]
    [InlineData("503 Service Unavailable", "503")]
    public async Task Pull_TroubleThatPasses_IsTriedAgainAndInTheEndTold(string answer, string expected)
    {
        using var folder = new TempFolder();
        using HubServer server = Small(new());
        server.Refusals.Enqueue(answer);
        server.Refusals.Enqueue(answer);
        Assert.NotNull(await HubOf(folder, server).Pull("org/name", cancellation: s_none));
        for (int i = 0; i < 3; i++)
        {
            server.Refusals.Enqueue(answer);
        }

        RequestException e = await Assert.ThrowsAsync<RequestException>(() => HubOf(folder, server).Pull("org/name", cancellation: s_none));

        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Contains("tried 3 times", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../../evil")]
    [InlineData("/etc/passwd")]
    [InlineData("a\\\\b")]
    [InlineData("C:x")]
    public async Task Pull_PathThatLeavesTheFolder_IsRefused(string path)
    {
        using var folder = new TempFolder();
        using HubServer server = Small(new());
        server.Listing = json => json.Replace("tokenizer.json", path, StringComparison.Ordinal);

        await Assert.ThrowsAsync<RequestException>(() => HubOf(folder, server).Pull("org/name", cancellation: s_none));

        Assert.Empty(Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("not json")]
    [InlineData("""{"sha":"../..","siblings":[]}""")]
    [InlineData("""{"sha":3,"siblings":[]}""")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567"}""")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[null]}""")]
    [InlineData("""{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[{"rfilename":"config.json","size":1,"blobId":"../x"}]}""")]
    public async Task Pull_MalformedListing_IsOneSentence(string json)
    {
        using var folder = new TempFolder();
        using HubServer server = Small(new());
        server.Listing = _ => json;

        RequestException e = await Assert.ThrowsAsync<RequestException>(() => HubOf(folder, server).Pull("org/name", cancellation: s_none));

        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public async Task Pull_Twice_FetchesNothingAgain()
    {
        using var folder = new TempFolder();
        using HubServer server = Small(new());
        await HubOf(folder, server).Pull("org/name", cancellation: s_none);
        int before = server.Asked.Count;

        await HubOf(folder, server).Pull("org/name", cancellation: s_none);

        Assert.Equal(before + 1, server.Asked.Count); // the list
    }

    [Fact]
    public async Task Pull_TwoAtOnce_FetchesEachFileOnce()
    {
        using var folder = new TempFolder();
        using HubServer server = Small(new() { Rate = 200_000 });

        await Task.WhenAll(HubOf(folder, server).Pull("org/name", cancellation: s_none), HubOf(folder, server)
            .Pull("org/name", cancellation: s_none));

        Assert.Single(server.Asked, line => line.StartsWith("store ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pull_Cancelled_KeepsWhatCameForTheNextTime()
    {
        using var folder = new TempFolder();
        using HubServer server = Small(new() { Rate = 100_000 });
        using var cancel = new CancellationTokenSource();
        var progress = new Told<HubProgress>(p => { if (p.Done > 30_000) { cancel.Cancel(); } });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            HubOf(folder, server).Pull("org/name", progress: progress, cancellation: cancel.Token));
        Assert.Null(HubOf(folder, server).Find("org/name"));
        await HubOf(folder, server).Pull("org/name", cancellation: s_none);

        string resumed = Assert.Single(
            server.Asked, line => line.StartsWith("store ", StringComparison.Ordinal)
                && line.Contains(" bytes=", StringComparison.Ordinal));
        Assert.InRange(int.Parse(resumed.Split("bytes=")[1].TrimEnd('-'), CultureInfo.InvariantCulture), 25_000, 100_000);
    }

    [Fact]
    public async Task Pull_Progress_EndsAtTheTotal()
    {
        using var folder = new TempFolder();
        using HubServer server = Small(new());
        List<HubProgress> seen = [];

        var progress = new Told<HubProgress>(p => { lock (seen) { seen.Add(p); } });
        await HubOf(folder, server).Pull("org/name", progress: progress, cancellation: s_none);

        Assert.Equal(server.Files.Values.Sum(bytes => bytes.Length), seen[^1].Total);
        Assert.Equal(seen[^1].Total, seen[^1].Done);
        Assert.All(seen, p => Assert.InRange(p.Done, 0, p.Total));
    }

    [Fact]
    public async Task Offline_CachedModel_IsFoundAndNothingIsAsked()
    {
        using var folder = new TempFolder();
        using HubServer server = Small(new());
        string model = await HubOf(folder, server).Pull("org/name", cancellation: s_none);
        int before = server.Asked.Count;
        var offline = new ModelHub(HubOf(folder, server).Settings with { IsOffline = true });

        Assert.Equal(model, await offline.Pull("org/name", cancellation: s_none));
        RequestException e = await Assert.ThrowsAsync<RequestException>(() => offline.Pull("org/other", cancellation: s_none));

        Assert.Contains("HF_HUB_OFFLINE", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, server.Asked.Count);
    }

    [Fact]
    public async Task ListAndRemove_CachedModel_KnowIt()
    {
        using var folder = new TempFolder();
        using HubServer server = Small(new());
        await HubOf(folder, server).Pull("org/name", cancellation: s_none);

        HubModel model = Assert.Single(HubOf(folder, server).List());
        Assert.Equal(("org/name", "main", true, server.Files.Values.Sum(bytes => (long)bytes.Length)),
            (model.Name.Value, model.Revision, model.IsComplete, model.Size));
        HubOf(folder, server).Remove("org/name");

        Assert.Empty(HubOf(folder, server).List());
        Assert.Contains("holds no model", Assert.Throws<RequestException>(() => HubOf(folder, server).Remove("org/name")).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../name")]
    [InlineData("a/b/c")]
    [InlineData("org--x/name")]
    [InlineData("org/..")]
    [InlineData("org/na me")]
    [InlineData("")]
    public void Name_ThatIsNone_IsRefused(string name) => Assert.Throws<RequestException>(() => HubName.Parse(name));

    private static ModelHub HubOf(TempFolder folder, HubServer server) =>
        new(new HubSettings { Endpoint = server.Address, Cache = folder.Path, Attempts = 3, Pause = TimeSpan.FromMilliseconds(1) });

    private static HubServer Small(HubServer server)
    {
        server.Files["config.json"] = Encoding.UTF8.GetBytes("""{"model_type":"bert"}""");
        server.Files["tokenizer.json"] = Encoding.UTF8.GetBytes("{}");
        server.Files["model.safetensors"] = Bytes(100_000, 3);
        return server;
    }

    private static byte[] Bytes(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
