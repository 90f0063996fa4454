using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Vitrine.Tensors;

namespace Vitrine.Serve;

/// <summary>What went wrong, as <c>application/problem+json</c> (RFC 9457): a status and the sentence of the library, nothing of the
/// program's inside.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">What kind of problem it is.</param>
/// <param name="Detail">What is wrong, what was found, what was expected, what to do.</param>
internal sealed record Problem(int Status, string Title, string Detail)
{
    /// <summary>The media type.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>Tells an exception; never one without an answer.</summary>
    private static Problem Of(Exception exception) => exception switch
    {
        UnknownModelException e => new(404, "no such model", e.Message),
        TooLargeException e => new(413, "too large", e.Message),
        BusyException e => new(429, "busy", e.Message),
        TimeLimitException e => new(504, "time limit", e.Message),
        RefusedException e => new(e.Status, "refused", e.Message),
        RequestException { Fault: Fault.Text } e => new(422, "text cannot be used", e.Message),
        RequestException { Fault: Fault.Model } e => new(422, "model cannot be used", e.Message),
        RequestException { Fault: Fault.Output } e => new(501, "output", e.Message),
        DeviceException or OutOfMemoryException =>
            new(503, "out of memory", "device: out of memory; got a request that needs more; expected a smaller one. Ask for a shorter "
                + "text."),
        VitrineException e => new(400, "request cannot be met", e.Message),
        BadHttpRequestException { StatusCode: 413 } => new(413, "too large", "body: too long; got more than the limit; expected less."),
        BadHttpRequestException e => new(e.StatusCode, "bad request", "request: not understood as HTTP; expected a well-formed request."),
        OperationCanceledException => new(499, "cancelled", "request: cancelled; the caller has left, or the service stops."),
        _ => new(500, "internal error", "service: internal error; the request could not be answered. The service's own log says more."),
    };

    /// <summary>The same, and the log is told of an error that is the program's own.</summary>
    public static Problem Of(Exception exception, Desk desk)
    {
        var problem = Of(exception);
        if (problem.Status == 500)
        {
            desk.Log?.Invoke($"internal error: {exception.Message} ({exception.GetType().Name})");
        }
        return problem;
    }

    /// <summary>The object that is sent.</summary>
    public JsonObject ToJson() => new()
    {
        ["type"] = "about:blank",
        ["title"] = Title,
        ["status"] = Status,
        ["detail"] = OneLine(Detail),
    };

    /// <summary>Answers a request with it.</summary>
    public Task Write(HttpResponse response)
    {
        response.StatusCode = Status;
        response.ContentType = MediaType;
        if (Status is 429 or 503)
        {
            response.Headers.RetryAfter = "1";
        }
        if (Status == 401)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }
        return response.WriteAsync(ToString(), response.HttpContext.RequestAborted);
    }

    /// <summary>The object as text.</summary>
    public override string ToString() => ToJson().ToJsonString(Body.Plain);

    private static string OneLine(string message) => string.Join(' ', message.Split(
        ['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}

/// <summary>A request that is not served: a wrong host, another site, no token, another media type.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="message">Why, in one line.</param>
internal sealed class RefusedException(int status, string message) : VitrineException(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;
}
