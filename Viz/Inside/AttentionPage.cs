using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Vitrine.Attributions;

namespace Vitrine.Viz;

/// <summary>
/// Every head of a text on one self-contained page: a grid of all heads (model view), one head large as lines between tokens and as a map
/// (head view), query and keys of one token neuron by neuron (neuron view), drawn on canvas when it comes into sight. 512 tokens × 144
/// heads stay fast: patterns travel as compressed bytes, vectors as bytes, and both are unpacked head by head.
/// </summary>
public static class AttentionPage
{
    /// <summary>The page.</summary>
    /// <param name="patterns">The patterns of one text.</param>
    /// <param name="tokens">What the keys and queries are called; of cross-attention those of both, keys first.</param>
    /// <param name="title">What stands above it.</param>
    /// <param name="vectors">Queries and keys, for the neuron view; null: the page has none.</param>
    /// <param name="texts">Which of two texts each token belongs to, 0 or 1, for filters from text to text; null: there is one.</param>
    public static string Html(HeadPatterns patterns, IReadOnlyList<string> tokens, string title, HeadVectors? vectors = null,
        IReadOnlyList<int>? texts = null)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        HtmlPage page = new HtmlPage($"{title}: attention")
            .Element("h1", "", $"{title}: where {patterns.Layers * patterns.Heads} heads look");
        Write(page, patterns, tokens, vectors, texts);
        return page.Raw("<script>").Raw(HtmlPage.Resource("attention.js"))
            .Raw("attention(document);</script>").ToString();
    }

    /// <summary>The body of the page without its heading and its script.</summary>
    internal static void Write(HtmlPage page, HeadPatterns patterns, IReadOnlyList<string> tokens, HeadVectors? vectors = null,
        IReadOnlyList<int>? texts = null)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        ArgumentNullException.ThrowIfNull(tokens);
        string[] shown = [.. Enumerable.Range(0, Math.Max(patterns.Keys, tokens.Count))
            .Select(i => i < tokens.Count ? Markup.Visible(tokens[i]) : i.ToString(CultureInfo.InvariantCulture))];
        page.Notes("facts",
                [$"{patterns.Stack}", $"{patterns.Layers} layers", $"{patterns.Heads} heads", $"{patterns.Queries} queries",
                $"{patterns.Keys} keys", "attention in steps of 1/255"]).Line()
            .Raw("""
                <p class="note">Click a head to see it large; click a token to see where it looks. <label>Colours <select data-part="palette"><option value="orange">orange</option><option value="ylgnbu">YlGnBu</option><option value="grey">grey</option></select></label>
                """).Raw(texts is null ? "" : """
                <label>Attention <select data-part="between"><option value="">all</option><option value="00">first → first text</option><option value="01">first → second</option><option value="10">second → first</option><option value="11">second → second</option></select></label>
                """).Raw("""
                </p>
                <div data-part="grid" style="display:grid;gap:4px;margin-top:.75rem"></div>
                <section><h2 data-part="name"></h2>
                <div class="wide"><canvas data-part="lines"></canvas></div>
                <div class="wide"><canvas data-part="map"></canvas></div></section>
                <p class="note" data-part="cell" role="status"></p>
                """).Raw(vectors is null ? "" : """
                <section data-part="neurons" hidden><h2></h2>
                <p class="note">query · key, neuron by neuron; orange above 0, blue below, as strong as the largest of the head; the last columns are the sum / √d_head and the attention.</p>
                <div class="wide"><canvas data-part="vectors"></canvas></div></section>
                """).Line()
            .Raw("<script type=\"application/json\" data-part=\"patterns\">")
            .Raw(Json(patterns, shown, vectors, texts)).Raw("</script>").Line();
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

    // A vector per token: its largest magnitude as float32, then each number in steps of 1/127 of that.
    private static string Packed(int positions, int dHead, Func<int, ReadOnlySpan<float>> vector)
    {
        byte[] bytes = new byte[positions * (dHead + sizeof(float))];
        for (int p = 0; p < positions; p++)
        {
            ReadOnlySpan<float> x = vector(p);
            Span<byte> row = bytes.AsSpan(p * (dHead + sizeof(float)), dHead + sizeof(float));
            float most = 1e-30f;
            foreach (float v in x)
            {
                most = Math.Max(most, Math.Abs(v));
            }
            BinaryPrimitives.WriteSingleLittleEndian(row, most);
            for (int i = 0; i < dHead; i++)
            {
                row[sizeof(float) + i] = (byte)(sbyte)Math.Round(x[i] / most * 127);
            }
        }
        return Convert.ToBase64String(bytes);
    }

    private static string Json(HeadPatterns patterns, string[] tokens, HeadVectors? vectors, IReadOnlyList<int>? texts)
    {
        (int Layer, int Head)[] heads = [.. Enumerable.Range(0, patterns.Layers * patterns.Heads)
            .Select(n => Math.DivRem(n, patterns.Heads))];
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream)) // its default encoder escapes < and &: the text is safe inside a script
        {
            void List(string name, IEnumerable<string> packed)
            {
                json.WriteStartArray(name);
                foreach (string one in packed)
                {
                    json.WriteStringValue(one);
                }
                json.WriteEndArray();
            }
            json.WriteStartObject();
            json.WriteNumber("layers", patterns.Layers);
            json.WriteNumber("heads", patterns.Heads);
            json.WriteNumber("queries", patterns.Queries);
            json.WriteNumber("keys", patterns.Keys);
            List("tokens", tokens);
            List("data", heads.Select(h => Packed(patterns.Head(h.Layer, h.Head))));
            if (vectors is not null)
            {
                json.WriteNumber("d_head", vectors.DHead);
                List("q", heads.Select(h => Packed(patterns.Queries, vectors.DHead, p => vectors.Query(h.Layer, h.Head, p))));
                List("k", heads.Select(h => Packed(patterns.Keys, vectors.DHead, p => vectors.Key(h.Layer, h.Head, p))));
            }
            if (texts is not null)
            {
                json.WriteString("texts", string.Concat(texts.Select(t => t == 0 ? '0' : '1')));
            }
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
