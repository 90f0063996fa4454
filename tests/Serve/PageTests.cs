using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Vitrine.Drawing;
using Xunit;

namespace Vitrine.Tests.Serve;

/// <summary>The page in a browser: every view on every shipped model, clicks, keys, addresses, and texts that would be markup.</summary>
[Collection(Browser.Name)]
public sealed class PageTests(Browser browser)
{
    private readonly List<string> _complaints = [];

    public static TheoryData<string, string> Views
    {
        get
        {
            var views = new TheoryData<string, string>();
            foreach (string model in Browser.Texts.Keys)
            {
                foreach (string view in (string[])["explain", "attention", "inside", "compare"])
                {
                    views.Add(view, model);
                }
            }
            return views;
        }
    }

    [Theory]
    [MemberData(nameof(Views))]
    public async Task View_OfAModel_ShowsAResultOrSaysInWordsWhatTheFamilyLacks(string view, string model)
    {
        string own = view is "attention" or "inside" or "compare" ? Browser.Texts[model].Split("&max_new_tokens")[0] : Browser.Texts[model];
        own = view != "inside" ? own
            : $"{own.Split("&context")[0]}&tool=read&hook={(model == "zh-en" ? "encoder" : "blocks")}.0.hook_resid_pre";
        IPage page = await browser.Open($"/{view}?model={model}&{own}", _complaints);

        await Browser.Shown(page);

        string text = await page.InnerTextAsync("#result");
        Assert.True(await page.Locator("#result section").CountAsync() > 0 || Regex.IsMatch(text, "; expected"), text);
        Assert.Empty(_complaints);
        await page.CloseAsync();
    }

    [Fact]
    public async Task Lessons_AllFour_Run()
    {
        foreach (string lesson in (string[])["1", "2", "3&steps=4", "4"])
        {
            IPage page = await browser.Open($"/lessons?lesson={lesson}", _complaints);

            await Browser.Shown(page);

            Assert.True(await page.Locator("#result svg").CountAsync() > 0, await page.InnerTextAsync("#result"));
            await page.CloseAsync();
        }
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Data_RowsThatArePasted_AreSortedAndFiltered()
    {
        IPage page = await browser.Open("/data?methods=input_x_gradient; feature_ablation", _complaints);
        await page.FillAsync("textarea[name=data]", "text\na witty film\nan overlong and dull story\n\"<script>alert(1)</script> a bad "
            + "film\"");

        await page.ClickAsync("button[type=submit]");
        await Browser.Shown(page);
        await page.ClickAsync("button[data-sort]:has-text('label')");

        Assert.Equal(["negative", "negative", "positive"], await page.Locator("#result tbody >> nth=0 >> tr td:nth-child(3)")
            .AllInnerTextsAsync());
        await page.FillAsync("#filter", "witty");
        Assert.Equal(1, await page.Locator("#result tbody >> nth=0 >> tr:visible").CountAsync());
        Assert.Contains("filter=witty", page.Url, StringComparison.Ordinal);
        Assert.Contains("Words that matter for negative", await page.InnerTextAsync("#result"), StringComparison.Ordinal);
        Assert.Empty(_complaints);
        await page.CloseAsync();
    }

    [Fact]
    public async Task Path_FromATextToAnIntervention_AndBackByTheAddress()
    {
        IPage page = await browser.Open("/explain?model=sentiment&text=a gorgeous, witty, seductive movie&methods=saliency", _complaints);
        await Browser.Shown(page);
        string first = page.Url;

        await page.ClickAsync(".choices a:has-text('negative')");          // another target
        await page.WaitForSelectorAsync(".chosen a:has-text('negative')");
        Assert.Contains("targets=negative", page.Url, StringComparison.Ordinal);
        await page.ClickAsync(".words .token:has-text('gorgeous') >> nth=0"); // a word off
        await page.WaitForSelectorAsync("#without caption:has-text('Now')");
        Assert.Contains("off=2", page.Url, StringComparison.Ordinal);
        Assert.Contains("saliency said", await page.InnerTextAsync("#without"), StringComparison.Ordinal);
        string off = page.Url;
        await page.GoBackAsync();
        await page.GoBackAsync();
        await Browser.Shown(page);
        Assert.Equal(first, page.Url);
        await page.WaitForSelectorAsync(".chosen a:has-text('positive')");
        await page.GotoAsync(off);                                          // the address is the state
        await page.WaitForSelectorAsync("#without caption:has-text('Now')");

        await page.GotoAsync(new Uri(browser.Service.Address, "/inside?tool=direct&model=induction&text=keyfjordsagnbixkeyfjo").ToString());
        await Browser.Shown(page);
        await page.ClickAsync("rect[data-place='blocks.0.attn.hook_z:0'] >> nth=0");
        await page.ClickAsync(".place a[data-do=zero]");
        await Browser.Shown(page);
        Assert.Contains("before", await page.InnerTextAsync("#result"), StringComparison.Ordinal);
        Assert.Contains("zero", WebUtility.UrlDecode(page.Url), StringComparison.Ordinal);
        Assert.Empty(_complaints);
        await page.CloseAsync();
    }

    [Fact]
    public async Task Keys_Alone_AreEnough()
    {
        IPage page = await browser.Open("/explain?methods=saliency", _complaints);
        await page.FocusAsync("textarea[name=text]");
        await page.Keyboard.TypeAsync("a witty film");
        await page.WaitForSelectorAsync("#live .choices");                  // predictions while typing
        await page.FocusAsync("button[type=submit]");
        await page.Keyboard.PressAsync("Enter");
        await Browser.Shown(page);
        await page.FocusAsync(".words .token:has-text('witty')");
        await page.Keyboard.PressAsync("Enter");

        await page.WaitForSelectorAsync("#without caption:has-text('Now')");

        Assert.Equal("true", await page.GetAttributeAsync(".words .token:has-text('witty') >> nth=0", "aria-pressed"));
        Assert.Equal(0, await page.Locator("input:not([type=hidden]):not([aria-label]):not(label *), textarea:not(label *)").CountAsync());
        Assert.Empty(_complaints);
        await page.CloseAsync();
    }

    [Fact]
    public async Task Text_ThatWouldBeMarkup_IsShownAsText()
    {
        const string Text = "<img src=x onerror=alert(1)> </script><script>alert(2)</script> \" style=\"color:red";
        IPage page = await browser.Open($"/explain?methods=saliency&text={WebUtility.UrlEncode(Text)}&targets={WebUtility.UrlEncode(Text)}",
            _complaints);
        await Browser.Shown(page);
        Assert.Contains("<img src=x", await page.InnerTextAsync("#result"), StringComparison.Ordinal); // the refusal quotes the target

        await page.GotoAsync(new Uri(browser.Service.Address, $"/explain?methods=saliency&text={WebUtility.UrlEncode(Text)}").ToString());
        await Browser.Shown(page);

        Assert.Equal(Text, await page.InputValueAsync("textarea[name=text]"));
        Assert.Equal(0, await page.Locator("#result img, #result script:not([type='application/json']), [style*=color]").CountAsync());
        Assert.Empty(_complaints);
        await page.CloseAsync();
    }

    [Fact]
    public async Task Phone_NoViewIsWiderThanTheScreen()
    {
        foreach (string address in (string[])["/explain?text=a gorgeous, witty, seductive movie&methods=saliency&methods=lime",
            "/lessons?lesson=2",
            "/inside?tool=lens&model=induction&text=keyfjordsagnbixkeyfjo", "/attention?model=induction&text=keyfjordsagnbixkeyfjo",
                "/data"])
        {
            IPage page = await browser.Open(address, _complaints, width: 390);
            if (!address.StartsWith("/data", StringComparison.Ordinal))
            {
                await Browser.Shown(page);
            }

            Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= 390, address);
            await page.CloseAsync();
        }
    }

    [Fact]
    public async Task Save_EveryFormat_IsWhatTheLibraryWrites()
    {
        const string Query = "model=sentiment&text=a%20witty%20film&methods=saliency";
        foreach ((string format, string start) in ((string, string)[])[("html", "<!DOCTYPE html>"), ("svg", "<?xml"), ("json", "{\n"),
            ("csv", "")])
        {
            Answer saved = (await browser.Service.Get($"/save/explain.{format}?{Query}")).IsDone();
            Assert.StartsWith(start, saved.Text, StringComparison.Ordinal);
        }
        if (Plots.HasFont)
        {
            Assert.Equal("image/png", (await browser.Service.Get($"/save/explain.png?{Query}")).IsDone().Type);
        }
        (await browser.Service.Get($"/save/explain.svg?{Query}", ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-Dest", "document"))).IsRefused(403);
    }
}
