using System.IO.Pipelines;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Vitrine.Mcp;
using Xunit;

namespace Vitrine.Tests.Mcp;

/// <summary>The server of tools, asked by the protocol's own client over a pair of pipes.</summary>
public sealed class ModelServerTests : IDisposable
{
    private readonly TinyModel _model = new();

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task Tools_AskedByAClient_AnswerInWords()
    {
        await With(new([_model.Path]), async client =>
        {
            IList<McpClientTool> tools = await client.ListToolsAsync(cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal(["explain", "predict", "inspect", "inside"], tools.Select(tool => tool.Name));
            Assert.All(tools, tool => Assert.Equal("object", tool.JsonSchema.GetProperty("type").GetString()));

            Assert.Contains("good", await Ask(client, "explain", ("text", "good movie"), ("method", "saliency")), StringComparison.Ordinal);
            Assert.Contains("%", await Ask(client, "predict", ("text", "good movie")), StringComparison.Ordinal);
            Assert.Contains("hook points", await Ask(client, "inspect"), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Tools_CallsThatAreWrong_AreToldAndTheServerGoesOn()
    {
        await With(new([_model.Path]) { LongestText = 20 }, async client =>
        {
            Assert.Contains("text: missing", await Refused(client, "explain"), StringComparison.Ordinal);
            Assert.Contains("too long", await Refused(client, "explain", ("text", new string('a', 21))), StringComparison.Ordinal);
            Assert.Contains("not served", await Refused(client, "predict", ("text", "good"), ("model", "/etc")), StringComparison.Ordinal);
            Assert.Contains("not a string", await Refused(client, "predict", ("text", 3)), StringComparison.Ordinal);
            Assert.Contains("not known", await Refused(client, "inside", ("text", "good"), ("look", "x")), StringComparison.Ordinal);
            Assert.Contains("not known", await Refused(client, "shell", ("text", "ls")), StringComparison.Ordinal);
            Assert.Contains("%", await Ask(client, "predict", ("text", "good movie")), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Call_LongerThanItsTime_IsEnded() => await With(
        new([_model.Path]) { Patience = TimeSpan.Zero }, async client =>
        Assert.Contains("took longer", await Refused(client, "predict", ("text", "good")), StringComparison.Ordinal));

    private static async Task With(ModelServer server, Func<McpClient, Task> ask)
    {
        using (server)
        {
            (Pipe calls, Pipe answers) = (new(), new());
            Task running = server.Run(calls.Reader.AsStream(), answers.Writer.AsStream(), "1.2.3", TestContext.Current.CancellationToken);
            await using (McpClient client = await McpClient.CreateAsync(
                new StreamClientTransport(calls.Writer.AsStream(), answers.Reader.AsStream()),
                cancellationToken: TestContext.Current.CancellationToken))
            {
                Assert.Equal(("vitrine", "1.2.3"), (client.ServerInfo?.Name, client.ServerInfo?.Version));
                await ask(client);
            }
            await calls.Writer.CompleteAsync();
            await running;
        }
    }

    private static async Task<string> Ask(McpClient client, string tool, params (string Name, object Value)[] arguments)
    {
        CallToolResult said = await Call(client, tool, arguments);
        Assert.True(said.IsError is not true, Text(said));
        return Text(said);
    }

    private static async Task<string> Refused(McpClient client, string tool, params (string Name, object Value)[] arguments)
    {
        CallToolResult said = await Call(client, tool, arguments);
        Assert.True(said.IsError, Text(said));
        return Text(said);
    }

    private static async Task<CallToolResult> Call(McpClient client, string tool, (string Name, object Value)[] arguments) =>
        await client.CallToolAsync(tool, arguments.ToDictionary(a => a.Name, a => (object?)a.Value),
            cancellationToken: TestContext.Current.CancellationToken);

    private static string Text(CallToolResult said) => Assert.IsType<TextContentBlock>(Assert.Single(said.Content)).Text;
}
