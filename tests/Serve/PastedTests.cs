using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Vitrine.Serve;
using Vitrine.Tests.Docs;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Serve;

/// <summary>What the page shows to copy, pasted into a shell or a program as it stands: it gives what the page shows.</summary>
[Collection(Programs.Name)]
public sealed partial class PastedTests(SharedService shared) : IClassFixture<SharedService>
{
    // One address of every task, with what a click adds to it.
    private static readonly Dictionary<string, string> s_addresses = new()
    {
        ["label"] = "model=sentiment&text=it's a \"witty\" $HOME `film` & more\\&targets=negative&contrast=positive"
            + "&methods=saliency&methods=lime&samples=20",
        ["rounded"] = "model=sentiment@int8&text=-a witty film&methods=saliency&words=sum",
        ["pair"] = "model=entailment&text=All birds can fly.&context=Some birds can fly.&methods=saliency",
        ["answer"] = "model=reader&text=Where is Ben?&context=Anna went to the kitchen. Ben went to the garden.&targets=kitchen"
            + "&methods=input_x_gradient",
        ["names"] = "model=entities&text=Anna met Ben in Paris.&targets=B-LOC&methods=saliency",
        ["written"] = "model=stories&text=Clara lived with her&max_new_tokens=3&targets=1&methods=input_x_gradient",
        ["lines"] = "model=shakespeare&text=ROMEO:\nWhat&max_new_tokens=2&methods=saliency",
        ["translated"] = "model=zh-en&text=我喜歡音樂。&targets=0&side=source&methods=saliency",
        ["forced"] = "model=stories&text=Clara lived with her&forced=father in a house&contrast=mother in a house&methods=saliency",
    };

    private Service Service => shared.Service;

    public static TheoryData<string> Addresses => [.. s_addresses.Keys];

    [Theory]
    [MemberData(nameof(Addresses))]
    public async Task Explain_PastedCommandAndProgram_GiveWhatIsSeen(string name)
    {
        Dictionary<string, string[]> asked = Asked(s_addresses[name]);
        Answer page = (await Service.Post("/page/explain", JsonSerializer.Serialize(asked))).IsDone();
        Answer saved = (await Service.Get($"/save/explain.json?{Query(asked)}")).IsDone();
        string[] code = Code(page.Text);

        CliRun ran = CliRun.Of(["explain", "--json", "-", .. Words(code[0]).Skip(2)], folder: GoldenFolder.SourceTree()).IsDone();
        Assert.Equal(saved.Text, ran.Output);

        string program = CSharpProgram.Run("pasted.cs", code[1].Replace("Console.WriteLine(explainer.Explain(new ExplainRequest",
            "Console.Write(explainer.Explain(new ExplainRequest", StringComparison.Ordinal).Replace("}));", "}).ToJson());",
            StringComparison.Ordinal));
        Assert.Equal(saved.Text, program);
    }

    [Fact]
    public async Task Inside_EveryPastedRequest_GivesTheNumbersThatAreSeen()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/curl"), "no curl");
        foreach (InsideTool tool in InsideTools.All)
        {
            string json = tool.Example.ToJsonString();
            Answer seen = (await Service.Post($"/v1/inside/{tool.Name}", json)).IsDone();
            var values = RequestReader.Read(JsonDocument.Parse(json).RootElement).Set("tool", tool.Name);
            Answer page = (await Service.Post("/page/inside", JsonSerializer.Serialize(values.Names.ToDictionary(n => n, values.All))))
                .IsDone();

            string line = Code(page.Text)[0].Replace("http://127.0.0.1:8080", Service.Address.GetLeftPart(UriPartial.Authority),
                StringComparison.Ordinal);
            string quiet = line.Replace("curl ", "curl -s --noproxy '*' ", StringComparison.Ordinal);
            using Child shell = Child.Start("sh", ["-c", quiet], null, "");
            Child.Ended ended = shell.Wait();

            Assert.True(ended.Code == 0, $"{tool.Name}: {ended.Error}");
            Assert.Equal(seen.Text, ended.Output);
        }
    }

    private static Dictionary<string, string[]> Asked(string address) => address.Split('&').Aggregate(new List<string>(), (parts, part) =>
    {
        if (parts.Count > 0 && !Name().IsMatch(part))
        {
            parts[^1] += "&" + part; // an ampersand of the text
        }
        else
        {
            parts.Add(part);
        }
        return parts;
    }).Select(part => part.Split('=', 2)).GroupBy(part => part[0]).ToDictionary(all => all.Key, all => all.Select(one => one[1]).ToArray());

    private static string Query(Dictionary<string, string[]> asked) => asked.Aggregate(new Values(), (values, one) =>
        values.Set(one.Key, one.Value)).ToQuery();

    // What the page shows to copy: data of an event, in which lines are cut.
    private static string[] Code(string events) => [.. CodeElement().Matches(string.Join('\n', events.Split("event: result\n")[^1]
        .Split('\n').Select(line => line.StartsWith("data: ", StringComparison.Ordinal) ? line[6..] : line)))
        .Select(code => WebUtility.HtmlDecode(code.Groups[1].Value))];

    // As a shell reads it.
    private static string[] Words(string line)
    {
        using Child shell = Child.Start("sh", ["-c", $"vitrine() {{ printf '%s\\037' vitrine \"$@\"; }}; {line}"], null, "");
        Child.Ended ended = shell.Wait();
        Assert.True(ended.Code == 0, ended.Error);
        return ended.Output.Split('\x1F')[..^1];
    }

    [GeneratedRegex("<code>(.*?)</code>", RegexOptions.Singleline)]
    private static partial Regex CodeElement();

    [GeneratedRegex("^[a-z_]+=")]
    private static partial Regex Name();
}
