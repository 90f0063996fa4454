using System.Text.Json;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Chat;

/// <summary>Chat templates in the style of published ones, held against jinja2 (tests/Golden/make_chat_golden.py).</summary>
public sealed class ChatTemplateTests
{
    private static readonly Dictionary<string, string> s_tokens = new() { ["bos_token"] = "<s>", ["eos_token"] = "</s>" };

    private static string Render(string template, params ChatMessage[] messages) =>
        ChatTemplate.Parse(template, "test", s_tokens).Render(messages);

    [Fact]
    public void Render_TemplatesOfPublishedKinds_AsJinja2Does()
    {
        JsonElement golden = JsonDocument.Parse(File.ReadAllBytes(GoldenFolder.Find("chat", "chats.json"))).RootElement;
        int refused = 0;
        foreach (JsonElement c in golden.GetProperty("cases").EnumerateArray())
        {
            string name = c.GetProperty("template").GetString()!;
            var template = ChatTemplate.Parse(golden.GetProperty("templates").GetProperty(name).GetString()!, name, s_tokens);
            ChatMessage[] messages =
                [.. c.GetProperty("messages").EnumerateArray().Select(m => new ChatMessage(m[0].GetString()!, m[1].GetString()!))];
            string render() => template.Render(messages, c.GetProperty("prompt").GetBoolean());
            if (c.TryGetProperty("refused", out JsonElement reason))
            {
                Assert.Contains(reason.GetString()!, Assert.Throws<TokenizerException>(render).Message, StringComparison.Ordinal);
                refused++;
            }
            else
            {
                Assert.Equal((name, c.GetProperty("text").GetString()), (name, render()));
            }
        }

        Assert.InRange(refused, 2, 10);
    }

    [Theory]
    [InlineData("{% include 'x' %}", "the statement 'include'")]
    [InlineData("{{ 'a' | wordwrap }}", "the filter 'wordwrap'")]
    [InlineData("{{ 1 is prime }}", "the test 'prime'")]
    [InlineData("{{ 2 ** 3 }}", "'**'")]
    [InlineData("a\n{% if x %}", "line 2")]
    [InlineData("{% endfor %}", "endfor")]
    [InlineData("{{ 'a", "does not end")]
    [InlineData("{{ (1 }}", "')' is expected")]
    public void Parse_WhatItDoesNotKnow_IsNamed(string template, string expected) =>
        Assert.Contains(expected, Assert.Throws<TokenizerException>(() => Render(template)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("[{{ '  a b '.strip() }}]", "[a b]")]
    [InlineData("[{{ '  a b '.lstrip() }}]", "[a b ]")]
    [InlineData("[{{ '  a b '.rstrip() }}]", "[  a b]")]
    [InlineData("[{{ 'xxaxx'.strip('x') }}]", "[a]")]
    [InlineData("{{ '\\u0041\\t\\'b' }}", "A\t'b")]
    [InlineData("{{ 7 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 2 * 3 - 1 }}", "3.5 3 -4 2 -2 5")]
    [InlineData("{% macro f(x, y=2) %}{{ x }}{{ y }}{% endmacro %}{{ f(1) }} {{ f(1, 3) }} {{ f(y=4, x=5) }}", "12 13 54")]
    public void Render_MethodsNumbersAndMacros_AsJinja2Does(string template, string expected) => Assert.Equal(expected, Render(template));

    [Theory]
    [InlineData("{{ 1 / 0 }}", "a division by zero")]
    [InlineData("{{ 1 % 0 }}", "a division by zero")]
    [InlineData("{{ 'a'.encode() }}", "'encode'")]
    [InlineData("{{ nothing.at.all }}", "a member of nothing")]
    [InlineData("{{ 1 + 'a' }}", "'+'")]
    [InlineData("{{ nothing() }}", "no function")]
    [InlineData("{% for i in range(1000000000) %}{% endfor %}", "range")]
    [InlineData("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", "too long")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "too deeply")]
    public void Render_WhatCannotBeDone_IsNamed(string template, string expected) =>
        Assert.Contains(expected, Assert.Throws<TokenizerException>(() => Render(template)).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_DamagedTemplates_AreReadOrRefused()
    {
        JsonElement templates = JsonDocument.Parse(File.ReadAllBytes(GoldenFolder.Find("chat",
            "chats.json"))).RootElement.GetProperty("templates");
        string[] all = [.. templates.EnumerateObject().Select(t => t.Value.GetString()!)];
        int rendered = 0;
        for (int seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var text = new System.Text.StringBuilder(all[seed % all.Length]);
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                int at = random.Next(text.Length);
                _ = random.Next(3) switch
                {
                    0 => text.Remove(at, Math.Min(text.Length - at, random.Next(1, 12))),
                    1 => text.Insert(at, "{}%[]()|'\"-+.:"[random.Next(14)]),
                    _ => text.Insert(at, text.ToString(at / 2, Math.Min(20, text.Length - (at / 2)))),
                };
            }
            Exception? e = Record.Exception(() => Render(text.ToString(), new("user", "a"), new("assistant", "b")));
            Assert.True(e is null or TokenizerException, $"seed {seed}: {text}\n{e}");
            rendered += e is null ? 1 : 0;
        }

        Assert.InRange(rendered, 100, 2900);
    }

    [Fact]
    public void StrftimeNow_TellsTheTimeGiven() => Assert.Equal(
        "03 Feb 2024 %",
        ChatTemplate.Parse("{{ strftime_now('%d %b %Y %%') }}", "test").Render([], now: new DateTime(2024, 2, 3)));

    [Fact]
    public void Find_InAFolder_TakesTheNamedTemplateAndItsTokens()
    {
        using var folder = new TempFolder();
        Assert.Null(ChatTemplate.Find(folder.Path));

        File.WriteAllText(folder.File("tokenizer_config.json"), """
            {"bos_token": {"content": "<b>"}, "chat_template": [{"name": "tool_use", "template": "no"}, {"name": "default", "template": "{{ bos_token }}{{ messages[0].content }}"}]}
            """);
        Assert.Equal("<b>x", ChatTemplate.Find(folder.Path)!.Render([new("user", "x")]));

        File.WriteAllText(folder.File("chat_template.jinja"), "jinja {{ messages[0]['content'] }}");
        Assert.Equal("jinja x", ChatTemplate.Find(folder.Path)!.Render([new("user", "x")]));
    }
}
