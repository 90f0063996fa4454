using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Serve;

/// <summary>How the views look: their structure as assistive software reads it, contrast in light and dark, the width of a phone.</summary>
[Collection(Browser.Name)]
public sealed partial class LookTests(Browser browser)
{
    private static readonly Dictionary<string, string> s_views = new()
    {
        ["explain"] = "/explain?model=sentiment&text=a gorgeous, witty, seductive movie&methods=saliency&methods=input_x_gradient&off=2",
        ["explain-written"] = "/explain?model=stories&text=Clara lived with her&max_new_tokens=3&methods=input_x_gradient&targets=1&off=1",
        ["explain-translation"] = "/explain?model=zh-en&text=我喜歡音樂。&methods=input_x_gradient",
        ["explain-answer"] = "/explain?model=reader&text=Where is Ben?&context=Anna went to the kitchen. Ben went to the garden."
            + "&methods=saliency",
        ["explain-refused"] = "/explain?model=sentiment&text=a witty film&methods=nothing",
        ["attention"] = "/attention?model=induction&text=keyfjordsagnbixkeyfjo&token=20",
        ["inside-lens"] = "/inside?tool=lens&model=induction&text=keyfjordsagnbixkeyfjo",
        ["inside-circuit"] = "/inside?tool=circuit&model=induction&clean=keyfjordsagnbixkeyfjo&corrupted=keyfjoxdsagnbixkeyfjo&correct=r"
            + "&wrong=x",
        ["inside-features"] = "/inside?tool=features&model=shakespeare&text=ROMEO: What light",
        ["inside-intervene"] = "/inside?tool=intervene&model=induction&text=keyfjordsagnbixkeyfjo&changes=zero blocks.0.attn.hook_z:0",
        ["data"] = "/data?methods=input_x_gradient",
        ["compare"] = "/compare?model=sentiment&model2=sentiment@int8&text=a witty film&methods=saliency",
        ["compare-attention"] = "/compare?view=attention&model=induction&text=keyfjordkeyfjo&text2=sagnbixsagnbi",
        ["lessons"] = "/lessons?lesson=2",
    };

    private readonly List<string> _complaints = [];

    public static TheoryData<string> Views => [.. s_views.Keys];

    [Theory]
    [MemberData(nameof(Views))]
    public async Task View_AsAssistiveSoftwareReadsIt_IsAsApproved(string view)
    {
        IPage page = await Shown(view);

        string tree = await page.Locator("body").AriaSnapshotAsync();

        Approved.Matches("Serve", $"{view}.aria.txt", Digits().Replace(tree, "0") + "\n");
        Assert.Empty(_complaints);
        await page.CloseAsync();
    }

    [Theory]
    [MemberData(nameof(Views))]
    public async Task View_LightAndDark_HasContrastAndFitsAPhone(string view)
    {
        IPage page = await Shown(view);
        foreach (ColorScheme scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await page.EmulateMediaAsync(new() { ColorScheme = scheme });
            string[] faint = await page.EvaluateAsync<string[]>(Faint);
            Assert.True(faint.Length == 0, $"{view}, {scheme}: {string.Join("\n", faint.Distinct().Take(20))}");
        }
        await page.SetViewportSizeAsync(390, 800);
        Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= 390, view);
        await page.CloseAsync();
    }

    private async Task<IPage> Shown(string view)
    {
        IPage page = await browser.Open(s_views[view], _complaints);
        if (view == "data")
        {
            await page.FillAsync("textarea[name=data]", "text\na witty film\nan overlong and dull story");
            await page.ClickAsync("button[type=submit]");
        }
        await Browser.Shown(page);
        return page;
    }

    // Texts with less contrast to what lies under them than WCAG 2.2 AA asks for: 4.5, of large ones 3.
    private const string Faint = """
        () => {
          const parse = text => { const n = (text.match(/[\d.]+/g) ?? []).map(Number); return n.length < 3 ? [0, 0, 0, 0] : [n[0], n[1], n[2], n[3] ?? 1]; };
          const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
          const light = c => [0, 1, 2].reduce((sum, i) => { const v = c[i] / 255;
            return sum + [0.2126, 0.7152, 0.0722][i] * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); }, 0);
          const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
          const paper = () => over(parse(getComputedStyle(document.body).backgroundColor), [255, 255, 255, 1]);
          const under = element => {
            const all = [];
            for (let e = element; e; e = e.parentElement) all.unshift(parse(getComputedStyle(e).backgroundColor));
            return all.reduce((below, top) => over(top, below), paper());
          };
          const underPicture = (x, y) => document.elementsFromPoint(x, y).filter(e => e.tagName === 'rect').reverse()
            .map(e => { const s = getComputedStyle(e), c = parse(s.fill); return [c[0], c[1], c[2], c[3] * +s.fillOpacity]; })
            .reduce((below, top) => over(top, below), paper());
          const faint = [];
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const element = node.parentElement, style = getComputedStyle(element);
            if (!node.data.trim() || ['SCRIPT', 'STYLE', 'TITLE', 'NOSCRIPT', 'OPTION'].includes(element.tagName.toUpperCase())) continue;
            const range = document.createRange();
            range.selectNodeContents(node);
            if (!range.getClientRects().length || style.visibility === 'hidden' || element.closest('.skip')) continue;
            let opacity = 1;
            for (let e = element; e; e = e.parentElement) opacity *= +getComputedStyle(e).opacity;
            const inPicture = element instanceof SVGElement;
            if (inPicture) element.scrollIntoView({ block: 'center', inline: 'center' });
            const box = range.getBoundingClientRect();
            const below = inPicture ? underPicture(box.x + box.width / 2, box.y + box.height / 2) : under(element);
            const colour = parse(inPicture ? style.fill : style.color);
            colour[3] *= opacity;
            const size = parseFloat(style.fontSize), isLarge = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
            const found = ratio(over(colour, below), below);
            if (found < (isLarge ? 3 : 4.5)) faint.push(`${found.toFixed(2)} ${element.tagName}.${element.getAttribute('class') ?? ''} "${node.data.trim().slice(0, 30)}" ${colour} on ${below.map(Math.round)}`);
          }
          for (const field of document.querySelectorAll('[placeholder]')) {
            const found = ratio(parse(getComputedStyle(field, '::placeholder').color), under(field));
            if (found < 4.5) faint.push(`${found.toFixed(2)} placeholder of ${field.name}`);
          }
          return faint;
        }
        """;

    [GeneratedRegex(@"\d+(\.\d+)?")]
    private static partial Regex Digits();
}
