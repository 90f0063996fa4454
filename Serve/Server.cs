using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Vitrine.Tensors;

namespace Vitrine.Serve;

/// <summary>The page and the service, in one process.</summary>
/// <example><code>
/// await using var server = await Server.Start(new() { Models = [new("sentiment", "models/sentiment")], Port = 0 });
/// Console.WriteLine(server.Address);
/// await server.Ended(cancellation);
/// </code></example>
public sealed class Server : IAsyncDisposable
{
    /// <summary>How long requests that run may go on when the service is stopped.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(10);

    private readonly WebApplication _app;
    private readonly Desk _desk;
    private readonly CancellationTokenSource _stop;

    private Server(WebApplication app, Desk desk, CancellationTokenSource stop) => (_app, _desk, _stop) = (app, desk, stop);

    /// <summary>Where it listens: <c>http://127.0.0.1:8080</c>.</summary>
    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>The work.</summary>
    internal Desk Desk => _desk;

    /// <summary>Starts it, and begins to load the default model.</summary>
    /// <param name="options">Models, address, limits.</param>
    /// <param name="log">Told one line per internal error; null: no log.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <exception cref="RequestException">An option is wrong, or the port is taken.</exception>
    public static async Task<Server> Start(ServeOptions options, Action<string>? log = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Patience);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(options.Listen ?? IPAddress.Loopback, options.Port);
            kestrel.Limits.MaxRequestBodySize = options.Limits.Body;
            kestrel.Limits.MaxRequestLineSize = 128 * 1024; // the page's state is in its address
            kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
            kestrel.Limits.RequestHeadersTimeout = 2 * options.Limits.Slow;
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(240, options.Limits.Slow);
            kestrel.Limits.MaxConcurrentConnections = 4096;
        });
        WebApplication app = builder.Build();
        var stop = new CancellationTokenSource();
        var desk = new Desk(options, stop.Token) { Log = log };
        Pipeline(app, options, desk);
        Task warm = Task.Run(() => Warm(desk, stop.Token), CancellationToken.None); // while the port is opened
        try
        {
            await app.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await warm.ConfigureAwait(false);
            await app.DisposeAsync().ConfigureAwait(false);
            desk.Dispose();
            stop.Dispose();
            throw new RequestException(Fault.Request,
                $"port: cannot be listened at; got {options.Port}; {e.Message.TrimEnd('.')}. Choose another --port.", e);
        }
        return new(app, desk, stop);
    }

    /// <summary>Serves until it is cancelled; requests that run are answered first, for as long as <see cref="Patience"/>.</summary>
    public async Task Ended(CancellationToken cancellation)
    {
        await Task.Delay(Timeout.Infinite, cancellation).ContinueWith(_ => { }, TaskScheduler.Default).ConfigureAwait(false);
        _stop.CancelAfter(Patience - TimeSpan.FromSeconds(1));
        await _app.StopAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        _desk.Dispose();
        _stop.Dispose();
    }

    // What the first page needs, then the default model, which is loaded while the page is opened; where it cannot be, the log says so,
    // and every request of it.
    private static async Task Warm(Desk desk, CancellationToken stop)
    {
        try
        {
            PageEndpoints.Warm(desk);
            await desk.Do(desk.Shelf.Default, (explainer, _) => explainer.Name, stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is VitrineException or OperationCanceledException)
        {
            desk.Log?.Invoke(e.Message);
        }
    }

    private static void Pipeline(WebApplication app, ServeOptions options, Desk desk)
    {
        var guard = new Guard(options);
        app.Use(async (context, next) =>
        {
            long start = Stopwatch.GetTimestamp();
            Guard.Protect(context.Response.Headers);
            try
            {
                if (guard.Check(context) is { } clean)
                {
                    context.Response.Redirect(clean);
                    return;
                }
                await next(context).ConfigureAwait(false);
                if (context.Response is { StatusCode: 404 or 405, HasStarted: false })
                {
                    throw new RefusedException(context.Response.StatusCode,
                        "address: nothing there, or not by this method; expected one of "
                        + "those in /openapi.json.");
                }
            }
            catch (Exception e) when (!context.Response.HasStarted)
            {
                var problem = Problem.Of(e, desk);
                if (!context.RequestAborted.IsCancellationRequested)
                {
                    await problem.Write(context.Response).ConfigureAwait(false);
                }
                else
                {
                    context.Response.StatusCode = problem.Status;
                }
            }
            finally
            {
                string route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "none";
                desk.Meter.Ended(route, context.Response.StatusCode, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
        });
        app.UseRouting();
        StateEndpoints.Map(app, desk);
        AnswerEndpoints.Map(app, desk);
        InsideEndpoints.Map(app, desk);
        PageEndpoints.Map(app, desk);
    }
}
