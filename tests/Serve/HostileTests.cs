using System.Net;
using System.Net.Sockets;
using System.Text;
using Vitrine.Serve;
using Xunit;

namespace Vitrine.Tests.Serve;

/// <summary>Requests that must not be served: each gets its status and one sentence.</summary>
public sealed class HostileTests(SharedService shared) : IClassFixture<SharedService>
{
    private const string Good = """{"text": "a witty film"}""";

    private Service Service => shared.Service;

    [Theory]
    [InlineData("""{"text": 5}""", 400, "text: another kind of value; got the number 5; expected a text")]
    [InlineData("""{"methods": "saliency", "text": ["a", 5]}""", 400, "text: another kind")]
    [InlineData("""{"txt": "a"}""", 400, "Did you mean 'text'?")]
    [InlineData("""{"text": "a", "text": "b"}""", 400, "a member twice")]
    [InlineData("[1, 2]", 400, "not an object")]
    [InlineData("{\"text\": \"a\"", 400, "not JSON")]
    [InlineData("{\"text\": \"\\ud800\"}", 400, "body: not text")]
    [InlineData("[[[[[[[[[[]]]]]]]]]]", 400, "not JSON")]
    [InlineData("""{"text": [["a"]]}""", 400, "too deep")]
    [InlineData("{}", 422, "text: missing")]
    [InlineData("""{"text": ""}""", 422, "text: empty")]
    [InlineData("""{"model": "../sentiment", "text": "a"}""", 404, "none of that name")]
    [InlineData("""{"model": "/etc/passwd", "text": "a"}""", 404, "none of that name")]
    [InlineData("""{"model": "sentiment@int9", "text": "a"}""", 404, "none of that name")]
    [InlineData("""{"text": "a", "methods": ["nothing"]}""", 400, "expected")]
    [InlineData("""{"model": "sentiment\u0000", "text": "a"}""", 404, "none of that name")]
    [InlineData("""{"model": "<script>alert(1)</script>", "text": "a"}""", 404, "none of that name")]
    [InlineData("""{"text": "a", "targets": ["<script>alert(1)</script>"]}""", 400, "no such label")]
    [InlineData("""{"text": "a", "steps": -1}""", 400, "steps")]
    [InlineData("""{"text": "a", "steps": 99999999999}""", 400, "a whole number")]
    [InlineData("""{"text": "a", "seed": 0.5}""", 400, "a whole number")]
    [InlineData("""{"text": "a", "gap": 1e999}""", 400, "a number")]
    [InlineData("""{"text": "a", "ids": [1, -1]}""", 422, "ids: not a token")]
    [InlineData("""{"text": "a", "absent": {"a": {"b": "c"}}}""", 400, "too deep")]
    [InlineData("""{"text": "a", "steps": 100000}""", 400, "steps: out of range; got 100000; expected at most 1000")]
    [InlineData("""{"text": "a", "steps": 1.5}""", 400, "a whole number")]
    [InlineData("""{"text": "a", "steps": 1e999}""", 400, "a whole number")]
    [InlineData("""{"text": "a", "samples": 1000000000}""", 400, "samples: out of range")]
    [InlineData("""{"text": "a", "top": 0}""", 400, "top: out of range")]
    [InlineData("""{"text": "a", "baseline": "file:/etc/passwd"}""", 400, "baseline: not known")]
    [InlineData("""{"text": "a", "side": "left"}""", 400, "expected both, source, target")]
    [InlineData("""{"text": "a", "methods": ["saliency", "lime", "saliency", "lime", "saliency", "lime", "saliency", "lime", "lime"]}""",
        400, "too many")]
    [InlineData("""{"text": "a", "hooks": ["blocks.0.nothing"], "methods": ["layer_activation"]}""", 400, "hook")]
    public async Task Explain_WhatIsNotUnderstood_IsRefused(string body, int status, string part) =>
        (await Service.Post("/v1/explain", body)).IsRefused(status, part);

    [Theory]
    [InlineData("/v1/inside/patch", """{"clean": "abc", "corrupted": "abcd", "correct": "d", "model": "induction"}""", 400, "")]
    [InlineData("/v1/inside/patch", """{"model": "induction"}""", 422, "got no 'clean'")]
    [InlineData("/v1/inside/lens", """{"model": "zh-en", "text": "我喜歡音樂。", "nothing": 1}""", 400, "no such member")]
    [InlineData("/v1/inside/read", """{"model": "induction", "text": "abc", "hook": "blocks.9.hook_resid_pre"}""", 400, "hook")]
    [InlineData("/v1/inside/read", """{"model": "induction", "text": "abc", "hook": "blocks.0.attn.hook_z:9"}""", 400, "expected 0 to")]
    [InlineData("/v1/inside/intervene", """{"model": "induction", "text": "abc", "changes": ["burn all"]}""", 400, "not understood")]
    [InlineData("/v1/inside/neurons", """{"text": "abc", "layer": 77}""", 400, "")]
    [InlineData("/v1/inside/circuit", """{"clean": "a", "corrupted": "b", "correct": "positive", "model": "sentiment"}""", 400, "")]
    [InlineData("/v1/generate", """{"model": "sentiment", "text": "abc"}""", 400, "does something else")]
    public async Task Route_WhatDoesNotFit_IsRefused(string route, string body, int status, string part) =>
        (await Service.Post(route, body)).IsRefused(status, part);

    [Theory]
    [InlineData("Host", "evil.example", 421)]
    [InlineData("Host", "localhost.evil.example", 421)]
    [InlineData("Host", "127.0.0.1.evil.example:8080", 421)]
    [InlineData("Origin", "http://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-site", 403)]
    public async Task Request_OfAnotherSite_IsRefused(string header, string value, int status)
    {
        (await Service.Post("/v1/predict", Good, (header, value))).IsRefused(status);
        (await Service.Get("/v1/models", (header, value))).IsRefused(status);
    }

    [Fact]
    public async Task Request_OfItsOwnPage_IsServed() => (await Service.Post("/v1/predict", Good,
        ("Origin", Service.Address.GetLeftPart(UriPartial.Authority)), ("Sec-Fetch-Site", "same-origin"))).IsDone();

    [Fact]
    public async Task Body_NotSaidToBeJson_IsRefused()
    {
        foreach (string type in (string[])["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
        {
            (await Service.Send(new(HttpMethod.Post, "/v1/predict") { Content = new StringContent(Good, Encoding.UTF8, type) }))
                .IsRefused(415);
        }
    }

    [Fact]
    public async Task Text_BeyondTheLimits_IsRefused()
    {
        (await Service.Post("/v1/explain", $$"""{"text": "{{new string('a', 20_001)}}"}""")).IsRefused(413, "20001 characters");
        await using Service small = await Service.Start(options => options with { Limits = new() { Body = 4000 } });
        (await small.Post("/v1/explain", $$"""{"text": "{{new string('a', 5000)}}"}""")).IsRefused(413, "body");
        (await Service.Post("/v1/predict", $$"""{"text": "{{string.Join(' ', Enumerable.Repeat("film", 1000))}}"}"""))
            .IsRefused(422, "too long; got 1002 tokens");
    }

    [Fact]
    public async Task Address_ThatIsNone_IsRefused()
    {
        (await Service.Get("/nothing")).IsRefused(404);
        (await Service.Get("/../../etc/passwd")).IsRefused(404);
        (await Service.Get("/%2e%2e/%2e%2e/etc/passwd")).IsRefused(404);
        (await Service.Get("/v1/predict")).IsRefused(405);
        Assert.DoesNotContain("etc", (await Service.Get("/metrics")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_OfAnyKind_ForbidsWhatIsNotItsOwn()
    {
        foreach (string path in (string[])["/healthz", "/v1/models", "/nothing"])
        {
            Answer answer = await Service.Get(path);
            Assert.Equal("nosniff", answer.Headers["X-Content-Type-Options"]);
            Assert.Contains("default-src 'none'; script-src 'self'; style-src 'self'", answer.Headers["Content-Security-Policy"],
                StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", answer.Headers["Content-Security-Policy"], StringComparison.Ordinal);
            Assert.False(answer.Headers.ContainsKey("Server"));
        }
    }

    [Theory]
    [InlineData("NONSENSE\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET /v1/models HTTP/9.9\r\nHost: localhost\r\n\r\n")]
    [InlineData("POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n{}")]
    [InlineData("GET /v1/models HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")]
    [InlineData("GET /v1/models HTTP/1.0\r\n\r\n")]
    [InlineData("GET /v1/models HTTP/1.0\r\nHost: evil.example\r\n\r\n")]
    [InlineData("GET http://evil.example/v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /v1/models%00 HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /v1/mo\0dels HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /v1/models HTTP/1.1\r\nHost: local\0host\r\n\r\n")]
    [InlineData("GET /v1/models HTTP/1.1\r\nHost: localhost\r\nA B: c\r\n\r\n")]
    [InlineData("GET ../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("TRACE /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("CONNECT evil.example:80 HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "zz\r\n")]
    [InlineData("POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: gzip\r\n\r\n{}")]
    public async Task Bytes_ThatAreNoRequest_GetA4xxOr505(string bytes)
    {
        string answer = await Raw(Service.Address, bytes);

        Assert.Matches("^HTTP/1.1 (4\\d\\d|505) ", answer);
    }

    [Fact]
    public async Task Headers_TooManyOrTooLong_GetA4xx()
    {
        string many = string.Concat(Enumerable.Range(0, 500).Select(i => $"X-{i}: 1\r\n"));

        Assert.Matches("^HTTP/1.1 431 ", await Raw(Service.Address, $"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"));
        Assert.Matches("^HTTP/1.1 431 ",
            await Raw(Service.Address, $"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nA: {new string('a', 40_000)}\r\n\r\n"));
        Assert.Matches("^HTTP/1.1 414 ",
            await Raw(Service.Address, $"GET /{new string('a', 140_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    }

    [Fact]
    public async Task Body_InAnotherEncodingOrDeep_IsRefused()
    {
        foreach ((byte[] bytes, string type) in ((byte[], string)[])[(Encoding.Unicode.GetBytes(Good), "application/json; charset=utf-16"),
            ([0xFF, 0xFE, 0x00], "application/json"), (Encoding.UTF8.GetBytes(new string('[', 100_000)), "application/json"),
            ([], "application/json"), ([0], "application/json")])
        {
            var content = new ByteArrayContent(bytes);
            content.Headers.TryAddWithoutValidation("Content-Type", type);
            (await Service.Send(new(HttpMethod.Post, "/v1/predict") { Content = content })).IsRefused(400, "body: not JSON");
        }
    }

    [Fact]
    public async Task Reader_WithoutAnyContextThatMayAnswer_SaysThatInJson()
    {
        Answer said = (await Service.Post("/v1/predict", """{"model": "reader", "text": "Where is Ben?", "context": "\u0000"}""")).IsDone();

        Assert.Equal("-Infinity", said.Json.GetProperty("no_answer").GetProperty("best_span").GetString());
    }

    [Theory]
    [InlineData("off=-1", "no such token")]
    [InlineData("off=abc", "a whole number")]
    [InlineData("off=99999", "no such token")]
    [InlineData("targets=%00", "no such label")]
    [InlineData("model=..%2Fsentiment", "none of that name")]
    [InlineData("model=%00", "none of that name")]
    [InlineData("methods=nothing", "expected")]
    [InlineData("%00=a", "no such member")]
    public async Task Page_AnAddressThatIsWrong_SaysSoInASentence(string query, string part)
    {
        Answer shell = (await Service.Get($"/explain?text=a%20film&{query}")).IsDone();
        string json = System.Text.Json.JsonSerializer.Serialize(System.Web.HttpUtility.ParseQueryString($"text=a film&{query}") is var said
            ? said.AllKeys.ToDictionary(key => key!, key => said[key]!) : []);

        Answer shown = await Service.Post("/page/explain", json);

        Assert.Equal("text/html", shell.Type);
        Assert.Contains(part, shown.Text, StringComparison.Ordinal);
        Assert.Contains("detail", shown.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("internal error", shown.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_ThatComesTooSlowly_IsGivenUp()
    {
        await using Service service = await Service.Start(options => options with
        {
            Limits = new() { Slow = TimeSpan.FromSeconds(1.2) },
        });

        string answer = await Raw(service.Address,
            "POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"te");

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_MissingOrWrong_IsRefused()
    {
        await using Service service = await Service.Start(options => options with
        {
            Token = "a-secret-token",
            Listen = IPAddress.Loopback
        });

        (await service.Post("/v1/predict", Good)).IsRefused(401);
        (await service.Post("/v1/predict", Good, ("Authorization", "Bearer another-token"))).IsRefused(401);
        (await service.Get("/v1/models?token=another-token")).IsRefused(401);
        (await service.Post("/v1/predict", Good, ("Authorization", "Bearer a-secret-token"))).IsDone();
        Assert.Equal("ok", (await service.Get("/healthz")).IsDone().Json.GetProperty("status").GetString());
        (await service.Get("/v1/models?token=a-secret-token")).IsDone(); // sends a cookie, and the client to the address without it
        (await service.Get("/v1/models")).IsDone();
    }

    [Fact]
    public void Options_AnOpenAddressWithoutAToken_AreRefused()
    {
        ServeOptions options = new() { Models = [new("m", "folder")], Listen = IPAddress.Any };

        RequestException open = Assert.Throws<RequestException>(options.Check);
        Assert.Contains("--token, or --no-auth", open.Message, StringComparison.Ordinal);
        (options with { NoAuth = true }).Check();
        (options with { Token = "long enough" }).Check();
        Assert.Throws<RequestException>((options with { Token = "short" }).Check);
        Assert.Throws<RequestException>((options with { Listen = null, Models = [] }).Check);
        Assert.Throws<RequestException>((options with { Listen = null, Models = [new("a b", "folder")] }).Check);
    }

    [Fact]
    public async Task Start_AtAPortThatIsTaken_IsRefusedInWords() => Assert.Contains(
        "Choose another --port", (await Assert.ThrowsAsync<RequestException>(
            () => Tests.Service.Start(options => options with { Port = Service.Address.Port }))).Message, StringComparison.Ordinal);

    private static async Task<string> Raw(Uri address, string bytes)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        NetworkStream stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(bytes), TestContext.Current.CancellationToken);
        byte[] answer = new byte[4096];
        int read = await stream.ReadAsync(answer, TestContext.Current.CancellationToken);
        return Encoding.Latin1.GetString(answer, 0, read);
    }
}
