using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Vitrine.Serve;

/// <summary>The JSON of a request, and of an answer.</summary>
internal static class Body
{
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 6 };

    /// <summary>How JSON is written: letters as they are; what a browser must not take for markup is kept from it by its type.</summary>
    public static JsonSerializerOptions Plain { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads a request's body.</summary>
    /// <exception cref="RefusedException">It is said to be something else than JSON.</exception>
    /// <exception cref="RequestException">It is not JSON.</exception>
    public static async Task<JsonElement> Read(HttpRequest request)
    {
        if (!request.HasJsonContentType())
        {
            throw new RefusedException(415, "body: not said to be JSON; expected the header 'Content-Type: application/json'.");
        }
        try
        {
            using JsonDocument body = await JsonDocument.ParseAsync(request.Body, s_options, request.HttpContext.RequestAborted)
                .ConfigureAwait(false);
            return body.RootElement.Clone();
        }
        catch (Exception e) when (e is JsonException or DecoderFallbackException)
        {
            throw new RequestException(Fault.Request, "body: not JSON; got text that cannot be parsed; expected an object such as "
                + "{\"text\": \"a witty film\"}.");
        }
    }

    /// <summary>The values of a request's body, of the kinds that its settings have.</summary>
    /// <exception cref="RequestException">It is not such an object.</exception>
    public static async Task<Values> Read(HttpRequest request, Asks asks)
    {
        JsonElement body = await Read(request).ConfigureAwait(false);
        Values values = RequestReader.Read(body);
        RequestReader.CheckKinds(body, asks);
        return values;
    }

    /// <summary>Answers with JSON.</summary>
    public static Task Write(HttpResponse response, string json) => Write(response, "application/json; charset=utf-8", json);

    /// <summary>Answers with a text of some type.</summary>
    public static Task Write(HttpResponse response, string type, string text)
    {
        response.ContentType = type;
        return response.WriteAsync(text, response.HttpContext.RequestAborted);
    }
}
