using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Vitrine.Tensors;

namespace Vitrine.Mcp;

/// <summary>Answers an assistant's calls over a pair of streams; models are loaded when they are first asked for, and stay.</summary>
/// <remarks>
/// Only the models that were named when it started are served, one call at a time, each with a limit of text and of time. What goes
/// wrong in a call is its answer, in words; the server goes on.
/// </remarks>
/// <param name="models">Names or folders of the models; the first is the default.</param>
public sealed class ModelServer(IReadOnlyList<string> models) : IDisposable
{
    private readonly Dictionary<string, Explainer> _loaded = [];
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>How many characters a text may have.</summary>
    public int LongestText { get; init; } = 20_000;

    /// <summary>How long a call may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Serves until the input ends.</summary>
    /// <param name="input">Where calls come from, one JSON message a line.</param>
    /// <param name="output">Where answers go; nothing else may be written there.</param>
    /// <param name="version">The version that is told.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task Run(Stream input, Stream output, string version, CancellationToken cancellation)
    {
        var transport = new StreamServerTransport(input, output, "vitrine");
        await using (transport.ConfigureAwait(false))
        {
            McpServer server = McpServer.Create(transport, new()
            {
                ServerInfo = new Implementation { Name = "vitrine", Version = version },
                ServerInstructions = $"Explains what transformers do. Models: {string.Join(", ", models)}.",
                Capabilities = new() { Tools = new() },
                Handlers = new()
                {
                    ListToolsHandler = (_, _) => ValueTask.FromResult(new ListToolsResult
                    {
                        Tools = [.. ModelTools.All.Select(tool => new Tool
                        {
                            Name = tool.Name,
                            Description = tool.Description,
                            InputSchema = tool.Schema,
                            Annotations = new() { ReadOnlyHint = true, OpenWorldHint = false },
                        })],
                    }),
                    CallToolHandler = (call, stop) => Answer(call.Params, stop),
                },
            });
            await using (server.ConfigureAwait(false))
            {
                await server.RunAsync(cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Explainer explainer in _loaded.Values)
        {
            explainer.Dispose();
        }
        _turn.Dispose();
    }

    private async ValueTask<CallToolResult> Answer(CallToolRequestParams? call, CancellationToken cancellation)
    {
        using var time = new CancellationTokenSource(Patience);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation, time.Token);
        try
        {
            ModelTool tool = ModelTools.All.FirstOrDefault(tool => tool.Name == call?.Name) ?? throw new RequestException(Fault.Request,
                $"tool: not known; got '{call?.Name}'; expected one of {string.Join(", ", ModelTools.All.Select(tool => tool.Name))}.");
            var arguments = new ToolArguments(call?.Arguments, LongestText);
            await _turn.WaitAsync(limit.Token).ConfigureAwait(false);
            try
            {
                return Said(await Task.Run(() => tool.Answer(Find(arguments.Find("model")), arguments, limit.Token), limit.Token)
                    .ConfigureAwait(false), isError: false);
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (VitrineException e)
        {
            return Said(e.Message, isError: true);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Said(FormattableString.Invariant($"call: it took longer than {Patience.TotalSeconds:0} s and was ended."),
                isError: true);
        }
    }

    private Explainer Find(string? name)
    {
        string model = name ?? models[0];
        if (!models.Contains(model))
        {
            throw new RequestException(Fault.Model,
                $"model: not served; got '{model}'; expected one of {string.Join(", ", models)}. Start 'vitrine mcp --model {model}'.");
        }
        if (!_loaded.TryGetValue(model, out Explainer? explainer))
        {
            _loaded[model] = explainer = Explainer.Load(model);
        }
        return explainer;
    }

    private static CallToolResult Said(string text, bool isError) =>
        new() { Content = [new TextContentBlock { Text = text }], IsError = isError };
}
