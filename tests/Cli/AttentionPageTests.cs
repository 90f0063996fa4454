using Microsoft.Playwright;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>The page of all heads in a browser: heads, tokens, filters from text to text, query and keys neuron by neuron.</summary>
[Collection(Browser.Name)]
public sealed class AttentionPageTests(Browser browser)
{
    [Fact]
    public async Task Page_OfTwoTexts_FiltersAndShowsNeurons()
    {
        using var folder = new TempFolder();
        string file = folder.File("heads.html");
        CliRun.Of(["attention", "--model", "models/reader", "Where is Anna?", "--context", "Anna went to the garden.", "--page", file],
            folder: GoldenFolder.SourceTree()).IsDone();
        List<string> complaints = [];
        IPage page = await browser.Open(new Uri(file).ToString(), complaints);

        await page.Locator("[data-part=grid] canvas").Nth(7).ClickAsync();
        await page.WaitForFunctionAsync("() => document.querySelector('[data-part=name]').textContent === 'head 1.3'");
        double all = await Ink(page);
        await page.SelectOptionAsync("[data-part=between]", "01");
        await page.WaitForFunctionAsync($"all => {Painted} < all", all);
        double some = await Ink(page);
        await page.Locator("[data-part=map]").ClickAsync();
        await page.Locator("[data-part=neurons]").WaitForAsync(new() { State = WaitForSelectorState.Visible });

        Assert.InRange(some, 1, all - 1);
        Assert.Contains("of head 1.3", await page.Locator("[data-part=neurons] h2").TextContentAsync() ?? "", StringComparison.Ordinal);
        Assert.Equal(12, await page.Locator("[data-part=grid] canvas").CountAsync());
        Assert.Empty(complaints);
        await page.CloseAsync();
    }

    // How much of the large map is not white.
    private const string Painted = """
        Array.from(document.querySelector('[data-part=map]').getContext('2d').getImageData(0, 0,
        document.querySelector('[data-part=map]').width, document.querySelector('[data-part=map]').height).data).filter((v, i) => i % 4 === 2).reduce((sum, blue) => sum + 255 - blue, 0)
        """;

    private static Task<double> Ink(IPage page) => page.EvaluateAsync<double>($"() => {Painted}");
}
