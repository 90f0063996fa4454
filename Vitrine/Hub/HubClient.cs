using System.Net;
using System.Net.Http.Headers;

namespace Vitrine;

/// <summary>Speaks the hub's protocol: the list of a repository's files, and their bytes from any place on.</summary>
/// <remarks>Redirects are followed by hand: the token goes to the endpoint's own host and to no other, and https never becomes
/// http.</remarks>
internal sealed class HubClient : IDisposable
{
    private const int Redirects = 8;
    private const int LongestList = 64 << 20; // bytes of JSON
    private readonly HubSettings _settings;
    private readonly HttpClient _http;

    public HubClient(HubSettings settings)
    {
        _settings = settings;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("vitrine");
    }

    /// <summary>All files of a repository at a revision.</summary>
    public async Task<HubListing> List(HubName name, string revision, CancellationToken cancellation)
    {
        Uri address = At($"api/models/{name}/revision/{Uri.EscapeDataString(revision)}?blobs=true");
        using HttpResponseMessage response = await Send(address, null, $"{name} at {revision}", cancellation).ConfigureAwait(false);
        using Stream body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        using var bytes = new MemoryStream();
        byte[] block = new byte[1 << 16];
        while (await body.ReadAsync(block, cancellation).ConfigureAwait(false) is > 0 and int length)
        {
            bytes.Write(block, 0, length);
            if (bytes.Length > LongestList)
            {
                throw new RequestException(Fault.Model,
                    $"hub: the list of {name}'s files is too long; got more than {LongestList >> 20} MiB from {address.Host}; "
                    + $"expected a repository of a model. Is {_settings.Endpoint} a model hub?");
            }
        }
        return HubListing.Parse(name, bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
    }

    /// <summary>The bytes of a file from <paramref name="from"/> on; the answer's status says whether it starts there (206) or at
    /// the first (200).</summary>
    public Task<HttpResponseMessage> Open(HubListing listing, HubFile file, long from, CancellationToken cancellation)
    {
        string path = string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString));
        return Send(At($"{listing.Name}/resolve/{listing.Commit}/{path}"), from, $"{listing.Name}/{file.Path}", cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private Uri At(string path) => new($"{_settings.Endpoint.AbsoluteUri.TrimEnd('/')}/{path}");

    private async Task<HttpResponseMessage> Send(Uri address, long? from, string what, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            TimeSpan pause = _settings.Pause * Math.Pow(2, attempt - 1);
            try
            {
                HttpResponseMessage response = await Follow(address, from, cancellation).ConfigureAwait(false);
                if ((int)response.StatusCode is 200 or 206 or 416) // all, from there on, nothing left
                {
                    return response;
                }
                using (response)
                {
                    bool mayPass = response.StatusCode == HttpStatusCode.TooManyRequests || (int)response.StatusCode >= 500;
                    if (!mayPass || attempt >= _settings.Attempts)
                    {
                        throw new RequestException(Fault.Model, Told(response, what, attempt));
                    }
                    pause = Asked(response.Headers.RetryAfter) ?? pause;
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException && attempt < _settings.Attempts)
            {
                // A break: tried again.
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                throw new RequestException(Fault.Model,
                    $"hub: {_settings.Endpoint.Host} cannot be reached for {what}; {e.Message} Tried {attempt} times. "
                    + "Check the network and HF_ENDPOINT, or set HF_HUB_OFFLINE=1 to use what is cached.", e);
            }
            await Task.Delay(pause, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<HttpResponseMessage> Follow(Uri address, long? from, CancellationToken cancellation)
    {
        for (int i = 0; i <= Redirects; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            if (from > 0)
            {
                request.Headers.Range = new RangeHeaderValue(from, null);
            }
            if (_settings.Token is { } token && IsHome(address))
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            }
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            silence.CancelAfter(_settings.Silence);
            HttpResponseMessage response;
            try
            {
                response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new IOException($"no answer within {_settings.Silence.TotalSeconds:0} s.");
            }
            if ((int)response.StatusCode is < 300 or >= 400 || response.Headers.Location is not { } location)
            {
                return response;
            }
            Uri next = new(address, location);
            response.Dispose();
            if (next.Scheme is not ("http" or "https") || (address.Scheme == "https" && next.Scheme == "http"))
            {
                throw new RequestException(Fault.Model,
                    $"hub: {address.Host} redirects to '{next.Scheme}://{next.Host}', which is not followed; expected https.");
            }
            address = next;
        }
        throw new RequestException(Fault.Model, $"hub: {address.Host} redirects in a circle.");
    }

    private bool IsHome(Uri address) => address.Scheme == _settings.Endpoint.Scheme
        && string.Equals(address.Host, _settings.Endpoint.Host, StringComparison.OrdinalIgnoreCase)
            && address.Port == _settings.Endpoint.Port;

    private static TimeSpan? Asked(RetryConditionHeaderValue? header)
    {
        TimeSpan? asked = header?.Delta ?? (header?.Date is { } date ? date - DateTimeOffset.UtcNow : null);
        return asked is { } pause ? TimeSpan.FromSeconds(Math.Clamp(pause.TotalSeconds, 0, 300)) : null;
    }

    private string Told(HttpResponseMessage response, string what, int attempts)
    {
        string code = response.Headers.TryGetValues("X-Error-Code", out IEnumerable<string>? codes) ? codes.First() : "";
        string token = _settings.Token is null ? "Set HF_TOKEN to a token that may read it" : "The token that was sent may not read it";
        return (response.StatusCode, code) switch
        {
            (HttpStatusCode.Unauthorized, "GatedRepo") or (HttpStatusCode.Forbidden, _) =>
                $"hub: access to {what} is not granted (status {(int)response.StatusCode}). Accept the model's terms on its page at "
                    + $"{_settings.Endpoint.Host}. {token}.",
            (HttpStatusCode.Unauthorized, _) => $"hub: {what} is private or does not exist (status 401). Check the name. {token}.",
            (HttpStatusCode.NotFound, "RevisionNotFound") => $"hub: {what}: there is no such revision (status 404). Check --revision.",
            (HttpStatusCode.NotFound, _) => $"hub: {what} does not exist (status 404) at {_settings.Endpoint.Host}. Check the name.",
            (HttpStatusCode.TooManyRequests, _) => $"hub: too many requests for {what} (status 429, tried {attempts} times). "
                + "Wait a few minutes; a token (HF_TOKEN) raises the limit.",
            ( >= HttpStatusCode.InternalServerError, _) =>
                $"hub: {_settings.Endpoint.Host} has trouble with {what} (status {(int)response.StatusCode}, tried {attempts} times). "
                    + "Try again later.",
            _ => $"hub: unexpected status {(int)response.StatusCode} for {what} from {_settings.Endpoint.Host}.",
        };
    }
}
