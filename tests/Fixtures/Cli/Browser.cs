using Microsoft.Playwright;
using Xunit;

namespace Vitrine.Tests;

/// <summary>A service of the shipped models, and Debian's Chromium that looks at its page; absent where there is no Chromium.</summary>
public sealed class Browser : IAsyncLifetime
{
    /// <summary>The collection of tests that share one.</summary>
    public const string Name = "browser";

    /// <summary>A text of every shipped model, as a part of an address.</summary>
    public static IReadOnlyDictionary<string, string> Texts { get; } = new Dictionary<string, string>
    {
        ["sentiment"] = "text=a gorgeous, witty, seductive movie",
        ["stories"] = "text=Clara lived with her&max_new_tokens=3",
        ["entities"] = "text=Anna met Ben in Paris.",
        ["entailment"] = "text=All birds can fly.&context=Some birds can fly.",
        ["shakespeare"] = "text=ROMEO:&max_new_tokens=3",
        ["reader"] = "text=Where is Ben?&context=Anna went to the kitchen. Ben went to the garden.",
        ["zh-en"] = "text=我喜歡音樂。",
        ["induction"] = "text=keyfjordsagnbixkeyfjo&max_new_tokens=2",
        ["sorter"] = "text=31420987=&max_new_tokens=2",
    };

    /// <summary>The shipped models.</summary>
    public static TheoryData<string> Models => [.. Texts.Keys];

    /// <summary>Those that write.</summary>
    public static TheoryData<string> Writers => ["stories", "shakespeare", "zh-en", "induction", "sorter"];

    private static readonly string? s_chromium = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>The service.</summary>
    public Service Service { get; private set; } = null!;

    /// <summary>Opens an address of the service; what the browser complains about is collected.</summary>
    /// <param name="address">A path with its query.</param>
    /// <param name="complaints">Errors of scripts, and what the policy of the page forbade.</param>
    /// <param name="width">Of the window.</param>
    public async Task<IPage> Open(string address, List<string> complaints, int width = 1280)
    {
        Assert.SkipUnless(_browser is not null, "no Chromium on the PATH");
        IPage page = await _browser.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = 800 } });
        page.SetDefaultTimeout(60_000);
        page.PageError += (_, error) => complaints.Add(error);
        page.Console += (_, said) =>
        {
            if (said.Type == "error" && !said.Text.StartsWith("Failed to load resource", StringComparison.Ordinal)) // a refusal is shown
            {
                complaints.Add(said.Text);
            }
        };
        await page.GotoAsync(new Uri(Service.Address, address).ToString());
        return page;
    }

    /// <summary>Waits until the page shows what its address says.</summary>
    public static Task Shown(IPage page) => page.WaitForFunctionAsync(
        "() => { const r = document.getElementById('result'); return r.getAttribute('aria-busy') === 'false' && r.childElementCount > "
            + "0; }");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        Service = await Service.Start();
        if (s_chromium is not null)
        {
            _playwright = await Playwright.CreateAsync();
            _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = s_chromium, Args = ["--no-sandbox"] });
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }
        _playwright?.Dispose();
        await Service.DisposeAsync();
    }
}

/// <summary>Tests that look at the page in one browser, one after the other.</summary>
[CollectionDefinition(Browser.Name)]
public sealed class SharedBrowser : ICollectionFixture<Browser>;
