using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Vitrine.Serve;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Serve;

/// <summary>Every tab of <em>Inside</em> on every shipped model: numbers, or the sentence that says what is missing.</summary>
[Collection(Browser.Name)]
public sealed partial class InsideTabTests(Browser browser)
{
    // Two texts of as many tokens with the answer of the first.
    private static readonly Dictionary<string, (string Clean, string Corrupted, string Correct)> s_pairs = new()
    {
        ["sentiment"] = ("a good movie", "a bad movie", "positive"),
        ["stories"] = ("Clara lived with her", "Clara lived with his", " mother"),
        ["entities"] = ("Ben met Anna.", "Anna met Ben.", "B-PER"),
        ["entailment"] = ("all birds fly", "all birds sing", "neutral"),
        ["shakespeare"] = ("I love thee", "I love him", ","),
        ["reader"] = ("Where is Ben?", "Where is Anna?", "0"),
        ["zh-en"] = ("我喜歡音樂。", "我喜歡電影。", "I"),
        ["induction"] = ("keyfjordsagnbixkeyfjo", "keyfjoxdsagnbixkeyfjo", "r"),
        ["sorter"] = ("3142=", "3542=", "1"),
    };

    [Theory]
    [MemberData(nameof(Browser.Models), MemberType = typeof(Browser))]
    public async Task Tabs_OfAModel_HaveNumbersOrTheSentenceOfWhatIsMissing(string model)
    {
        List<string> complaints = [], found = [];
        IPage page = await browser.Open("/inside", complaints);
        foreach (InsideTool tool in InsideTools.All)
        {
            await page.GotoAsync(new Uri(browser.Service.Address, $"/inside?{Asked(tool, model).ToQuery()}").ToString());
            await Browser.Shown(page);

            string text = await page.InnerTextAsync("#result");
            bool hasNumbers = await page.Locator("#result section svg").CountAsync() > 0;
            Assert.True(hasNumbers || Sentence().IsMatch(text), $"{tool.Name} of {model}: {text}");
            found.Add($"{tool.Name}: {(hasNumbers ? "numbers" : text)}\n");
        }
        Assert.Empty(complaints);
        Approved.Matches("Serve", $"inside-{model}.txt", string.Concat(found));
        await page.CloseAsync();
    }

    private static Values Asked(InsideTool tool, string model)
    {
        (string clean, string corrupted, string correct) = s_pairs[model];
        string place = $"{(model == "zh-en" ? "encoder" : "blocks")}.0.hook_resid_pre";
        Values asked = new Values().Set("tool", tool.Name).Set("model", model);
        foreach (InsideField field in tool.Fields)
        {
            string? value = field.Name switch
            {
                "text" or "clean" => clean,
                "corrupted" => corrupted,
                "correct" => correct,
                "hook" => place,
                "changes" => $"zero {place}",
                "positive" => clean,
                "negative" => corrupted,
                _ => field.Default,
            };
            asked.Set(field.Name, value is null ? [] : field.Kind == FieldKind.Texts ? value.Split("; ") : [value]);
        }
        return asked;
    }

    [GeneratedRegex("^[^;]+; (got|expected) [^;]+")]
    private static partial Regex Sentence();
}
