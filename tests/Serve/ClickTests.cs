using Microsoft.Playwright;
using Xunit;

namespace Vitrine.Tests.Serve;

/// <summary>What a click on a word, an answer or a written token does, and what lights up under the pointer, on every shipped
/// model.</summary>
[Collection(Browser.Name)]
public sealed class ClickTests(Browser browser)
{
    private readonly List<string> _complaints = [];

    [Theory]
    [MemberData(nameof(Browser.Writers), MemberType = typeof(Browser))]
    public async Task WrittenToken_Clicked_IsTheTarget(string model)
    {
        IPage page = await Explained(model);
        int all = await page.Locator(".words .pick").CountAsync();
        Assert.True(all > 1);

        await page.ClickAsync(".wrote a[data-target='1']");
        await page.WaitForSelectorAsync(".wrote a[data-target='1'][aria-current]");

        Assert.Contains("targets=1", page.Url, StringComparison.Ordinal);
        Assert.Equal(1, await page.Locator(".words .pick").CountAsync());
        Assert.Equal(all, await page.Locator(".wrote a[data-target]").CountAsync());
        Assert.Contains("--target 1", await page.TextContentAsync("#result"), StringComparison.Ordinal);
        await page.HoverAsync(".wrote a[data-target='1']");
        Assert.Equal(1, await page.Locator(".matrix tr.lit").CountAsync());
        await page.ClickAsync(".wrote a:has-text('All tokens')");
        await page.WaitForFunctionAsync("all => document.querySelectorAll('.words .pick').length === all", all);
        await End(page);
    }

    [Theory]
    [InlineData("sentiment", "negative", "negative")]
    [InlineData("entailment", "neutral", "neutral")]
    [InlineData("reader", "kitchen", "kitchen")]
    [InlineData("entities", "paris", "paris: B-LOC")]
    public async Task Choice_Clicked_IsTheTarget(string model, string choice, string target)
    {
        IPage page = await Explained(model);
        ILocator link = page.Locator($".choices a:has-text('{choice}')").First;

        await link.ClickAsync();
        await page.WaitForFunctionAsync("() => location.search.includes('targets=')");
        await Browser.Shown(page);

        Assert.Contains(target, await page.Locator(".words h2 bdi").First.InnerTextAsync(), StringComparison.OrdinalIgnoreCase);
        Assert.True(await page.Locator($".choices .chosen a:has-text('{choice}')").CountAsync() > 0);
        await End(page);
    }

    [Theory]
    [MemberData(nameof(Browser.Models), MemberType = typeof(Browser))]
    public async Task Word_UnderThePointer_LightsUpWithItsNumbers(string model)
    {
        IPage page = await Explained(model);
        ILocator word = page.Locator(".words .token:not(.special)").First;

        await word.HoverAsync();

        string at = (await word.GetAttributeAsync("data-word"))!;
        Assert.True(await page.Locator($".words .token.lit[data-word='{at}']").CountAsync() > 0);
        Assert.True(await page.Locator($".words :is(tr, td).lit[data-word='{at}']").CountAsync() > 0);
        Assert.Equal(0, await page.Locator($".lit:not([data-word='{at}'])").CountAsync());
        await page.Mouse.MoveAsync(1, 1);
        Assert.Equal(0, await page.Locator(".lit").CountAsync());
        await End(page);
    }

    [Theory]
    [MemberData(nameof(Browser.Models), MemberType = typeof(Browser))]
    public async Task Word_SwitchedOff_ShowsWhatIsSaidNowNextToTheClaim(string model)
    {
        IPage page = await Explained(model);

        await page.Locator(".words .token:not(.special)").First.ClickAsync();
        await page.WaitForSelectorAsync("#without caption:has-text('Now')");

        string text = await page.InnerTextAsync("#without");
        Assert.Contains("Before", text, StringComparison.Ordinal);
        Assert.Contains("without these", text, StringComparison.Ordinal);
        Assert.Contains("input_x_gradient said", text, StringComparison.Ordinal);
        Assert.NotEqual(await page.Locator("#without .choices >> nth=0").InnerTextAsync(),
            (await page.Locator("#without .choices >> nth=1").InnerTextAsync()).Replace("Now", "Before", StringComparison.Ordinal));
        await page.ClickAsync("#without a:has-text('All on again')");
        await page.WaitForSelectorAsync("#without p:has-text('Click words')");
        await End(page);
    }

    private async Task<IPage> Explained(string model)
    {
        IPage page = await browser.Open($"/explain?model={model}&{Browser.Texts[model]}&methods=input_x_gradient", _complaints);
        await Browser.Shown(page);
        return page;
    }

    private async Task End(IPage page)
    {
        Assert.Empty(_complaints);
        await page.CloseAsync();
    }
}
