using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vitrine.Cli;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests;

/// <summary>
/// <c>--chat</c> from the command line to the model's tokens: a folder as instruction models have it, templates of published kinds.
/// </summary>
public sealed class ChatCommandTests
{
    private static readonly string[] s_special =
        ["<s>", "</s>", "<pad>", "<|im_start|>", "<|im_end|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"];

    [Theory]
    [InlineData("chatml", "Be brief.",
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n Who? <|im_end|>\n<|im_start|>assistant\n")]
    [InlineData("chatml", null, "<|im_start|>user\n Who? <|im_end|>\n<|im_start|>assistant\n")]
    [InlineData("llama3", "Be brief.", "<s><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
        + "<|start_header_id|>user<|end_header_id|>\n\nWho?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n")]
    [InlineData("mistral", "Be brief.", "<s>[INST] Be brief.\n\n Who? [/INST]")]
    public void Chat_IsWrittenAsTheTemplateHasIt_UpToTheAnswer(string template, string? system, string expected)
    {
        using TempFolder folder = Folder(template);
        string[] chat = [" Who? ", "--chat", .. system is null ? Array.Empty<string>() : ["--system", system], "--model", folder.Path];

        JsonNode explained = Json(["explain", .. chat, "--max-new-tokens", "1", "--method", "saliency"]);
        JsonNode written = Json(["generate", .. chat, "--max-new-tokens", "3", "--scores"]);

        JsonNode[] tokens = [.. explained["result"]!["sides"]![0]!["tokens"]!.AsArray().Select(token => token!)];
        Assert.Equal(expected, string.Concat(tokens.Select(token => Text((string)token["piece"]!))));
        int[] ids = [.. ModelLoader.Load(folder.Path).Tokenizer!.Encode(expected, special: false).Ids];
        // special tokens are whole, not letter by letter
        Assert.Equal(expected.Split("<|").Length - 1 + expected.Split("<s>").Length - 1, ids.Count(id => id >= 256));
        string same = string.Join(' ', ids.Select(id => id.ToString(CultureInfo.InvariantCulture)));
        JsonNode byIds = Json(["generate", "--ids", same, "--model", folder.Path, "--max-new-tokens", "3", "--scores"]);
        Assert.Equal(byIds["tokens"]!.ToJsonString(), written["tokens"]!.ToJsonString());
    }

    [Fact]
    public void Chat_WhatCannotBe_IsRefused()
    {
        using TempFolder gemma = Folder("gemma"), plain = Folder(null);

        CliRun.Of(["generate", "Who?", "--chat", "--system", "Be brief.", "--model", gemma.Path])
            .IsRefused(ExitCode.Usage, "System role not supported");
        CliRun.Of(["generate", "Who?", "--chat", "--model", plain.Path]).IsRefused(ExitCode.Model, "no chat template");
        CliRun.Of(["generate", "Who?", "--system", "Be brief.", "--model", gemma.Path]).IsRefused(ExitCode.Usage, "--chat");
    }

    /// <summary>A tiny Mistral with an alphabet of bytes and the special tokens of several makers.</summary>
    private static TempFolder Folder(string? template)
    {
        var folder = new TempFolder();
        _ = TinyModels.Write(folder.Path, "mistral",
            edit: config => (config["vocab_size"], config["max_position_embeddings"]) = (256 + s_special.Length, 300));
        string[] alphabet = [.. Enumerable.Range(0, 256).Select(b => ByteAlphabet.ToChar((byte)b).ToString())];
        var json = new JsonObject
        {
            ["added_tokens"] = new JsonArray([.. s_special.Select((token, i) => (JsonNode)new JsonObject
            {
                ["id"] = 256 + i,
                ["content"] = token,
                ["special"] = true,
                ["normalized"] = false,
            })]),
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = true },
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = new JsonObject(alphabet.Select((piece, i) => KeyValuePair.Create(piece, (JsonNode?)i))),
                ["merges"] = new JsonArray(),
            },
        };
        File.WriteAllText(folder.File("tokenizer.json"), json.ToJsonString());
        var config = new JsonObject { ["bos_token"] = "<s>", ["eos_token"] = "</s>", ["pad_token"] = "<pad>" };
        if (template is not null)
        {
            JsonElement golden = JsonDocument.Parse(File.ReadAllBytes(GoldenFolder.Find("chat", "chats.json"))).RootElement;
            config["chat_template"] = golden.GetProperty("templates").GetProperty(template).GetString();
        }
        File.WriteAllText(folder.File("tokenizer_config.json"), config.ToJsonString());
        return folder;
    }

    private static JsonNode Json(string[] words)
    {
        using var folder = new TempFolder();
        string path = folder.File("result.json");
        CliRun.Of([.. words, "--json", path]).IsDone();
        return JsonNode.Parse(File.ReadAllText(path))!;
    }

    /// <summary>A piece as the text it stands for.</summary>
    private static string Text(string piece) =>
        s_special.Contains(piece) ? piece : System.Text.Encoding.UTF8.GetString(ByteAlphabet.ToBytes(piece));
}
