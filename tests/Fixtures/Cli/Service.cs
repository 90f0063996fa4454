using System.Net;
using System.Text;
using System.Text.Json;
using Vitrine.Serve;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>A service of the shipped models inside the test process, on a port of its own.</summary>
public sealed class Service : IAsyncDisposable
{
    private readonly Server _server;

    private Service(Server server, HttpClient client) => (_server, Client) = (server, client);

    /// <summary>Where it listens.</summary>
    public Uri Address => _server.Address;

    /// <summary>Asks it.</summary>
    public HttpClient Client { get; }

    internal Desk Desk => _server.Desk;

    /// <summary>Serves until cancelled.</summary>
    public Task Ended(CancellationToken cancellation) => _server.Ended(cancellation);

    /// <summary>Starts one.</summary>
    public static async Task<Service> Start(Func<ServeOptions, ServeOptions>? change = null)
    {
        string models = Path.Combine(GoldenFolder.SourceTree(), "models");
        ServeOptions options = new()
        {
            Models = [.. Directory.GetDirectories(models).Select(folder => KeyValuePair.Create(Path.GetFileName(folder), folder))
                .OrderBy(model => model.Key != "sentiment").ThenBy(model => model.Key, StringComparer.Ordinal)],
            Port = 0,
        };
        Server server = await Server.Start(change is null ? options : change(options), null, TestContext.Current.CancellationToken);
        return new(server, new HttpClient { BaseAddress = server.Address });
    }

    /// <summary>Posts JSON.</summary>
    public Task<Answer> Post(string path, string json, params (string Name, string Value)[] headers) =>
        Send(new(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") }, headers);

    /// <summary>Gets.</summary>
    public Task<Answer> Get(string path, params (string Name, string Value)[] headers) => Send(new(HttpMethod.Get, path), headers);

    /// <summary>Sends a request.</summary>
    public async Task<Answer> Send(HttpRequestMessage request, params (string Name, string Value)[] headers)
    {
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        using HttpResponseMessage response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return new(response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            response.Content.Headers.ContentType?.MediaType ?? "",
            response.Headers.ToDictionary(header => header.Key, header => string.Join(", ", header.Value)));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
    }
}

/// <summary>What a service answered.</summary>
public sealed record Answer(HttpStatusCode Status, string Text, string Type, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The text as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    /// <summary>The answer, which must be one of success.</summary>
    public Answer IsDone()
    {
        Assert.True((int)Status == 200, $"{(int)Status}: {Text}");
        return this;
    }

    /// <summary>Asserts that it is a problem of this status, in one sentence without anything of the program's inside.</summary>
    public void IsRefused(int status, params ReadOnlySpan<string> parts)
    {
        Assert.True((int)Status == status, $"{(int)Status}: {Text}");
        Assert.Equal("application/problem+json", Type);
        Assert.Equal(status, Json.GetProperty("status").GetInt32());
        string detail = Json.GetProperty("detail").GetString()!;
        Assert.DoesNotContain('\n', detail);
        Assert.DoesNotContain("   at ", Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Vitrine.", Text, StringComparison.Ordinal);
        foreach (string part in parts)
        {
            Assert.Contains(part, detail, StringComparison.OrdinalIgnoreCase);
        }
    }
}

/// <summary>The service that tests of answers share.</summary>
public sealed class SharedService : IAsyncLifetime
{
    /// <summary>The service.</summary>
    public Service Service { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => Service = await Service.Start();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Service.DisposeAsync();
}
