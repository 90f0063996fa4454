using Vitrine.Tests.Docs;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Serve;

/// <summary>The clients of <c>samples/</c> understand a service, and are told its refusals in words.</summary>
[Collection(Programs.Name)]
public sealed class ClientSampleTests
{
    private static readonly string s_folder = Path.Combine(GoldenFolder.SourceTree(), "samples");

    [Fact]
    public async Task Client_InCSharp_ShowsScoresAndAText()
    {
        await using Service service = await Service.Start(options => options with { Token = "a-secret-token" });

        string output = CSharpProgram.Run("client.cs", await File.ReadAllTextAsync(Path.Combine(s_folder, "client.cs"),
            TestContext.Current.CancellationToken), service.Address.ToString(), "a-secret-token");

        Assert.StartsWith("positive, by saliency\n", output, StringComparison.Ordinal);
        Assert.Contains(" gorgeous\n", output, StringComparison.Ordinal);
        Assert.Contains("Clara lived with her mother", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_InPython_ShowsScoresAndATextAsItIsWritten()
    {
        Assert.SkipUnless(IsThere("python3"), "no python3");
        await using Service service = await Service.Start(options => options with { Token = "a-secret-token" });

        (int code, string output, string error) = Run(service.Address.ToString(), "a-secret-token");

        Assert.True(code == 0, error);
        Assert.StartsWith("positive, by saliency\n", output, StringComparison.Ordinal);
        Assert.EndsWith("\n8 tokens\n", output, StringComparison.Ordinal);
        (int refused, _, string reason) = Run(service.Address.ToString(), "another-token");
        Assert.Equal(1, refused);
        Assert.StartsWith("401: token: missing or wrong", reason, StringComparison.Ordinal);
    }

    private static Child.Ended Run(params string[] arguments)
    {
        using Child python = Child.Start("python3", [Path.Combine(s_folder, "client.py"), .. arguments], null, "",
            ("PYTHONIOENCODING", "utf-8"));
        return python.Wait();
    }

    private static bool IsThere(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, program)));
}
