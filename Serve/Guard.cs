using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Vitrine.Serve;

/// <summary>
/// Who may ask: the service by one of its own names (a page that rebinds its name to 127.0.0.1 has another), a page of the service itself
/// (and no other site's), and, where there is a token, a caller that knows it.
/// </summary>
internal sealed class Guard(ServeOptions options)
{
    private const string Cookie = "vitrine-token";

    /// <summary>The headers of every answer: nothing inline, nothing from elsewhere, no guessing of types, no copies.</summary>
    public static void Protect(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src "
            + "'self'; "
            + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer"; // addresses hold texts
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    /// <summary>Refuses what must not be served.</summary>
    /// <returns>The address without its token, where one came in it and is right: the caller is sent there with a cookie.</returns>
    /// <exception cref="RefusedException">It must not be served.</exception>
    public string? Check(HttpContext context)
    {
        HttpRequest request = context.Request;
        string host = request.Host.Host;
        if (!IsOwn(host))
        {
            throw new RefusedException(421, $"host: not one of this service's names; got '{Shown(host)}'; expected localhost, an "
                + $"address in "
                + "digits, or a name of --host.");
        }
        string origin = request.Headers.Origin.ToString(), site = request.Headers["Sec-Fetch-Site"].ToString();
        if (origin.Length > 0 && origin != $"{request.Scheme}://{request.Host}")
        {
            throw new RefusedException(403, $"origin: another site's page; got '{Shown(origin)}'; expected this service's own page.");
        }
        bool opensPage = HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Mode"] == "navigate"
            && request.Headers["Sec-Fetch-Dest"] == "document" && !request.Path.StartsWithSegments("/save");
        if (site is "cross-site" or "same-site" && !opensPage)
        {
            throw new RefusedException(403, $"origin: another site's page; got Sec-Fetch-Site '{Shown(site)}'; expected this service's own "
                + "page.");
        }
        return options.Token is { } token && request.Path != "/healthz" ? Authorize(request, context.Response, token) : null;
    }

    private static string? Authorize(HttpRequest request, HttpResponse response, string token)
    {
        if (HttpMethods.IsGet(request.Method) && request.Query["token"] is [{ } offered] && Same(offered, token))
        {
            response.Cookies.Append(Cookie, token, new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = request.IsHttps });
            return request.Path;
        }
        string header = request.Headers.Authorization.ToString();
        bool isKnown = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? Same(header["Bearer ".Length..].Trim(), token)
            : request.Cookies[Cookie] is { } kept && Same(kept, token);
        return isKnown ? null : throw new RefusedException(401,
            "token: missing or wrong; expected the header 'Authorization: Bearer TOKEN', or the page's address with ?token=TOKEN once.");
    }

    private bool IsOwn(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || IPAddress.TryParse(host.Trim('[', ']'), out _) || options.Hosts.Contains(host, StringComparer.OrdinalIgnoreCase);

    private static bool Same(string given, string token) => CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private static string Shown(string text) => Viz.Markup.Visible(text.Length > 80 ? text[..80] + "…" : text);
}
