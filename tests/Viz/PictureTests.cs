using System.Globalization;
using System.Xml.Linq;
using Vitrine.Attributions;
using Vitrine.Tests.Support;
using Vitrine.Viz;
using Xunit;

namespace Vitrine.Tests;

public sealed class PictureTests
{
    private static readonly string[] s_tokens = ["The", "cat", "sat"];

    public static TheoryData<string> Names => [.. All.Keys];

    public static TheoryData<string> Drawn => [.. All.Keys.Where(name => name.EndsWith(".svg", StringComparison.Ordinal))];

    private static Dictionary<string, Func<string>> All => new()
    {
        ["sentiment.html"] = () => TokenHeatmap.Html(Samples.Sentiment),
        ["methods.html"] = () => TokenHeatmap.Html(Samples.Methods),
        ["question.html"] = () => TokenHeatmap.Html(Samples.Question),
        ["generation.html"] = () => TokenHeatmap.Html(Samples.Generation),
        ["translation.html"] = () => TokenHeatmap.Html(Samples.Translation),
        ["hostile.html"] = () => TokenHeatmap.Html(Samples.Hostile),
        ["sentiment.svg"] = () => TokenBars.Svg(Samples.Sentiment.Results[0]),
        ["hostile.svg"] = () => TokenBars.Svg(Samples.Hostile.Results[0], top: 4),
        ["methods.svg"] = () => MethodComparison.Svg(Samples.Methods.Results),
        ["generation.svg"] = () => ScoreMatrix.Svg(Samples.Generation.Results[0]),
        ["translation.svg"] = () => ScoreMatrix.Svg(Samples.Translation.Results[0]),
        ["attention.svg"] = () => AttentionMap.Svg(Attention, s_tokens, s_tokens, "Attention of <L0>"),
    };

    private static IReadOnlyList<IReadOnlyList<float[,]>> Attention =>
        [[new float[,] { { 1, 0, 0 }, { 0.25f, 0.75f, 0 }, { 0.1f, 0.2f, 0.7f } }]];

    [Theory]
    [MemberData(nameof(Names))]
    public void Picture_OfASample_IsTheReviewedOne(string name) => Approved.Matches("Viz", name, Content(All[name]()));

    [Theory]
    [MemberData(nameof(Names))]
    public void Picture_InAnyCulture_IsTheSame(string name)
    {
        string invariant = All[name]();
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("de-DE");

            Assert.Equal(invariant, All[name]());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Picture_Markup_FetchesNothing(string name)
    {
        string picture = All[name]().Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal); // a name, not an address

        Assert.DoesNotContain("http", picture.Replace("http-equiv", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("@import", picture, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", picture, StringComparison.Ordinal);
        Assert.DoesNotContain("<link", picture, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", picture, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Drawn))]
    public void Picture_Svg_IsWellFormedXml(string name)
    {
        string picture = All[name]();
        int start = picture.IndexOf("<svg", StringComparison.Ordinal);

        XDocument svg = XDocument.Parse(picture[start..(picture.LastIndexOf("</svg>", StringComparison.Ordinal) + 6)]);

        Assert.Equal("svg", svg.Root?.Name.LocalName);
    }

    [Fact]
    public void Html_OfHostileText_RunsNoneOfIt()
    {
        string page = TokenHeatmap.Html(Samples.Hostile);

        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.DoesNotContain("onerror=alert(1)>", page.Replace("onerror=alert(1)&gt;", "", StringComparison.Ordinal),
            StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', page);
        Assert.DoesNotContain('\u202E', page);
        Assert.Equal(1, Count(page, "<script>"));
        Assert.Equal(1, Count(page, "</script>"));
    }

    [Fact]
    public void Html_RightToLeftText_DirectionIsNotDecidedBySpecialTokens()
    {
        string page = TokenHeatmap.Html(Samples.Script("rtl", "שלום עולם"));

        Assert.Contains("<div class=\"text\" dir=\"auto\"><bdi class=\"token for special\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Html_RightToLeftLabel_IsIsolatedFromTheNumberThatIsExplained()
    {
        Figure sample = Samples.Script("rtl", "שלום עולם");

        string page = TokenHeatmap.Html(sample with
        {
            Results =
            [sample.Results[0] with { Targets = [sample.Results[0].Targets[0] with { Label = "שלילי" }] }],
            Facts = [new("answer", "שלום.")]
        });

        Assert.Contains("<bdi>שלילי</bdi> (probability)</small>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<td dir", page, StringComparison.Ordinal); // cells of one column are aligned alike
        Assert.Contains("<td class=\"name\"><bdi>שלום</bdi></td>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Svg_LongNotes_AreWrappedToTheWidthOfTheBars()
    {
        Figure sample = Samples.Sentiment;
        AttributionResult long1 = sample.Results[0] with
        {
            Parameters =
            Enumerable.Range(0, 12).ToDictionary(i => $"parameter_{i}", i => "value")
        };

        Assert.Equal(Width(TokenBars.Svg(sample.Results[0])), Width(TokenBars.Svg(long1)));
    }

    /// <summary>Of a page what it says: the body, without the style and the script that all pages share. A drawing as it is.</summary>
    private static string Content(string picture)
    {
        int body = picture.IndexOf("<body>", StringComparison.Ordinal), script = picture.LastIndexOf("<script>", StringComparison.Ordinal);
        return body < 0 ? picture : picture[body..script];
    }

    private static double Width(string svg) => (double)XDocument.Parse(svg).Root!.Attribute("width")!;

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
