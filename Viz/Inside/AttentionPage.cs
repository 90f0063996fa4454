using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>
/// Every head of a text on one self-contained page: a grid of all heads (model view), one head large as lines between tokens and as a map
/// (head view), drawn
/// on canvas when it comes into sight. 512 tokens × 144 heads stay fast: patterns travel as compressed bytes and are unpacked head by head.
/// </summary>
public static class AttentionPage
{
    /// <summary>The page.</summary>
    /// <param name="patterns">The patterns of one text.</param>
    /// <param name="tokens">What the keys and queries are called; of cross-attention those of both, keys first.</param>
    /// <param name="title">What stands above it.</param>
    public static string Html(HeadPatterns patterns, IReadOnlyList<string> tokens, string title)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        HtmlPage page = new HtmlPage($"{title}: attention")
            .Element("h1", "", $"{title}: where {patterns.Layers * patterns.Heads} heads look");
        Write(page, patterns, tokens);
        return page.Raw("<script>").Raw(HtmlPage.Resource("attention.js"))
            .Raw("attention(JSON.parse(document.getElementById('patterns').textContent));</script>").ToString();
    }

    /// <summary>The body of the page without its heading and its script.</summary>
    internal static void Write(HtmlPage page, HeadPatterns patterns, IReadOnlyList<string> tokens)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        ArgumentNullException.ThrowIfNull(tokens);
        var heads = new List<string>();
        for (int layer = 0; layer < patterns.Layers; layer++)
        {
            for (int head = 0; head < patterns.Heads; head++)
            {
                heads.Add(Packed(patterns.Head(layer, head)));
            }
        }
        string[] shown = [.. Enumerable.Range(0, Math.Max(patterns.Keys, tokens.Count))
            .Select(i => i < tokens.Count ? Markup.Visible(tokens[i]) : i.ToString(CultureInfo.InvariantCulture))];
        page.Notes("facts",
                [$"{patterns.Stack}", $"{patterns.Layers} layers", $"{patterns.Heads} heads", $"{patterns.Queries} queries",
                $"{patterns.Keys} keys", "attention in steps of 1/255"]).Line()
            .Raw("""
                <p class="note">Click a head to see it large; click a token to see where it looks. <label>Colours <select id="palette"><option value="orange">orange</option><option value="ylgnbu">YlGnBu</option><option value="grey">grey</option></select></label></p>
                <div id="grid" style="display:grid;gap:4px;margin-top:.75rem"></div>
                <section><h2 id="name"></h2>
                <div class="wide"><canvas id="lines"></canvas></div>
                <div class="wide"><canvas id="map"></canvas></div></section>
                <p class="note" id="cell"></p>
                """).Line()
            .Raw("<script type=\"application/json\" id=\"patterns\">").Raw(Json(patterns, shown, heads)).Raw("</script>").Line();
    }

    // Rows of 8-bit attention, deflated, in base64.
    private static string Packed(ReadOnlySpan<float> pattern)
    {
        byte[] bytes = new byte[pattern.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)Math.Clamp(Math.Round(pattern[i] * 255), 0, 255);
        }
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(bytes);
        }
        return Convert.ToBase64String(packed.ToArray());
    }

    private static string Json(HeadPatterns patterns, string[] tokens, List<string> heads)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) // its default encoder escapes < and &: the text is safe inside a script
        {
            json.WriteStartObject();
            json.WriteNumber("layers", patterns.Layers);
            json.WriteNumber("heads", patterns.Heads);
            json.WriteNumber("queries", patterns.Queries);
            json.WriteNumber("keys", patterns.Keys);
            json.WriteStartArray("tokens");
            foreach (string token in tokens)
            {
                json.WriteStringValue(token);
            }
            json.WriteEndArray();
            json.WriteStartArray("data");
            foreach (string head in heads)
            {
                json.WriteStringValue(head);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
