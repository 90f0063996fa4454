using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace Vitrine.Serve;

/// <summary>Server-sent events: what work says while it runs, and its result at the end. The stream begins with the first event, so that
/// a request that is refused has its status.</summary>
internal sealed class EventStream(HttpResponse response, Desk desk)
{
    private readonly Channel<(string Name, string Data)> _events = Channel.CreateBounded<(string, string)>(
        new BoundedChannelOptions(1024) { SingleReader = true });

    /// <summary>Says something; from any thread. What a slow reader has not read yet is told in the next event of its name.</summary>
    public void Tell(string name, JsonNode data) => _events.Writer.TryWrite((name, data.ToJsonString(Body.Plain)));

    /// <summary>Runs work, sends what it says, and then its result, or why there is none.</summary>
    /// <param name="work">The work; it ends with the data of the event <c>result</c>.</param>
    public async Task Run(Func<CancellationToken, Task<string>> work)
    {
        CancellationToken left = response.HttpContext.RequestAborted;
        Task<string> running = work(left);
        _ = running.ContinueWith(_ => _events.Writer.Complete(), CancellationToken.None, TaskContinuationOptions.None,
            TaskScheduler.Default);
        await foreach ((string name, string data) in _events.Reader.ReadAllAsync(left).ConfigureAwait(false))
        {
            await Send(name, data, left).ConfigureAwait(false);
        }
        try
        {
            await Send("result", await running.ConfigureAwait(false), left).ConfigureAwait(false);
        }
        catch (Exception e) when (response.HasStarted && !left.IsCancellationRequested)
        {
            await Send("error", Problem.Of(e, desk).ToString(), left).ConfigureAwait(false);
        }
    }

    private Task Send(string name, string data, CancellationToken cancellation)
    {
        if (!response.HasStarted)
        {
            response.ContentType = "text/event-stream";
        }
        var text = new StringBuilder("event: ").Append(name).Append('\n');
        foreach (string line in data.TrimEnd('\n').Split('\n'))
        {
            text.Append("data: ").Append(line.TrimEnd('\r')).Append('\n');
        }
        return response.WriteAsync(text.Append('\n').ToString(), cancellation);
    }
}
