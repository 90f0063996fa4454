using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Vitrine.Tests.Hub;

/// <summary>
/// A model hub of the tests' own on two loopback ports: the endpoint, which lists files and sends small ones, and the store, to which it
/// redirects
/// large ones and which must never see the token. It breaks connections, throttles, ignores ranges and lies, as a test asks.
/// </summary>
internal sealed class HubServer : IDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";
    private readonly TcpListener _endpoint = new(IPAddress.Loopback, 0), _store = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private int _busy;

    public HubServer()
    {
        _endpoint.Start();
        _store.Start();
        _ = Serve(_endpoint, isStore: false);
        _ = Serve(_store, isStore: true);
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_endpoint.LocalEndpoint).Port}");

    /// <summary>Path to bytes; files from <see cref="LargeFrom"/> bytes on are large.</summary>
    public Dictionary<string, byte[]> Files { get; } = [];

    public int LargeFrom { get; init; } = 1000;

    /// <summary>The token without which the endpoint answers 401.</summary>
    public string? Token { get; init; }

    /// <summary>Answers that come before the right one, in turn: a status line and headers.</summary>
    public ConcurrentQueue<string> Refusals { get; } = [];

    /// <summary>After how many bytes of a body the next connections break; one entry a connection.</summary>
    public ConcurrentQueue<int> Breaks { get; } = [];

    /// <summary>The endpoint says busy when more requests than this run at once.</summary>
    public int MostAtOnce { get; init; } = int.MaxValue;

    public bool HasRanges { get; init; } = true;

    /// <summary>Changes the bytes that are sent, not what is said of them.</summary>
    public Func<string, byte[], byte[]> Sent { get; set; } = (_, bytes) => bytes;

    /// <summary>Bytes a second of each connection.</summary>
    public int Rate { get; init; } = int.MaxValue;

    /// <summary>What was asked, in order: path and range.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    /// <summary>Whether the store was ever sent a token.</summary>
    public bool StoreSawToken { get; private set; }

    /// <summary>Changes the list of files before it is sent.</summary>
    public Func<string, string> Listing { get; set; } = json => json;

#pragma warning disable CA5350 // git's hash is SHA-1
    public static string GitHash(byte[] bytes) =>
        Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {bytes.Length}\0"), .. bytes]));

    public void Dispose()
    {
        _end.Cancel();
        _endpoint.Stop();
        _store.Stop();
        _end.Dispose();
    }

    private async Task Serve(TcpListener listener, bool isStore)
    {
        try
        {
            while (true)
            {
                _ = Answer(await listener.AcceptTcpClientAsync(_end.Token), isStore);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private async Task Answer(TcpClient client, bool isStore)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                string[] request = (await reader.ReadLineAsync(_end.Token) ?? "GET / HTTP/1.1").Split(' ');
                Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
                for (string? line; (line = await reader.ReadLineAsync(_end.Token)) is { Length: > 0 };)
                {
                    headers[line.Split(':')[0]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
                }
                bool isBusy = Interlocked.Increment(ref _busy) > MostAtOnce;
                await Reply(stream, Uri.UnescapeDataString(request[1]), headers, isStore, isBusy);
                Interlocked.Decrement(ref _busy);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
            {
                Interlocked.Decrement(ref _busy);
            }
        }
    }

    private async Task Reply(Stream stream, string path, Dictionary<string, string> headers, bool isStore, bool isBusy)
    {
        headers.TryGetValue("Authorization", out string? authorization);
        headers.TryGetValue("Range", out string? range);
        Asked.Enqueue($"{(isStore ? "store " : "")}{path}{(range is null ? "" : $" {range}")}");
        StoreSawToken |= isStore && authorization is not null;
        if (isBusy)
        {
            await Head(stream, "429 Too Many Requests\r\nRetry-After: 0");
        }
        else if (Refusals.TryDequeue(out string? refusal))
        {
            await Head(stream, refusal);
        }
        else if (!isStore && Token is not null && authorization != $"Bearer {Token}")
        {
            await Head(stream, "401 Unauthorized");
        }
        else if (path.StartsWith("/api/models/org/", StringComparison.Ordinal))
        {
            await Body(stream, "200 OK", Encoding.UTF8.GetBytes(Listing(Json())), 0);
        }
        else if (path.Split($"/{(isStore ? "store" : $"resolve/{Commit}")}/") is [_, var name]
            && Files.TryGetValue(name, out byte[]? bytes))
        {
            bool isLarge = bytes.Length >= LargeFrom;
            if (isLarge && !isStore)
            {
                await Head(stream, $"302 Found\r\nLocation: http://127.0.0.1:{((IPEndPoint)_store.LocalEndpoint).Port}/x/store/{name}");
                return;
            }
            int from = HasRanges && range is not null ? int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture) : 0;
            byte[] sent = Sent(name, bytes);
            await Body(stream, from > 0 ? $"206 Partial Content\r\nContent-Range: bytes {from}-{sent.Length - 1}/{sent.Length}" : "200 OK",
                sent, from);
        }
        else
        {
            await Head(stream, "404 Not Found\r\nX-Error-Code: EntryNotFound");
        }
    }

    private string Json() =>
        $$"""{"id":"org/name","sha":"{{Commit}}","siblings":[{{string.Join(",", Files.Select(file => Entry(file.Key, file.Value)))}}]}""";

    private string Entry(string name, byte[] bytes)
    {
        string start = $"{{\"rfilename\":\"{name}\",\"size\":{bytes.Length},\"blobId\":\"{GitHash(bytes)}\"";
        return bytes.Length < LargeFrom ? $"{start}}}"
            : $"{start},\"lfs\":{{\"sha256\":\"{Convert.ToHexStringLower(SHA256.HashData(bytes))}\",\"size\":{bytes.Length}}}}}";
    }

    private async Task Head(Stream stream, string head) =>
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), _end.Token);

    private async Task Body(Stream stream, string head, byte[] bytes, int from)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {head}\r\nContent-Length: {bytes.Length - from}\r\nConnection: "
            + $"close\r\n\r\n"), _end.Token);
        int end = bytes.Length >= LargeFrom && Breaks.TryDequeue(out int broken) ? Math.Min(bytes.Length, from + broken) : bytes.Length;
        int step = Math.Max(1, Rate / 50);
        for (int at = from; at < end; at += step)
        {
            await stream.WriteAsync(bytes.AsMemory(at, Math.Min(step, end - at)), _end.Token);
            if (Rate < int.MaxValue)
            {
                await Task.Delay(20, _end.Token);
            }
        }
    }
}
