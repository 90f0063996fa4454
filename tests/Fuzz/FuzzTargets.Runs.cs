using Vitrine.Training;
using Vitrine.Transformers;

namespace Vitrine.Tests.Fuzz;

/// <summary>Readers of what runs and trainings read and write.</summary>
internal sealed partial class FuzzTargets
{
    private static readonly (string Name, Func<FuzzTargets, FuzzTarget> Make)[] s_runs =
    [
        ("measurements", all => all.Measurements()),
        ("shards", all => all.ShardsOfARun()),
        ("weight index", all => all.WeightIndex()),
        ("hub listing", _ => Hub()),
        ("chat template", _ => Chat()),
        ("labelled texts", all => all.Lines("labelled texts", "good\ta film\nbad\tanother film\n",
            path => TextLines.Labelled(path).Count())),
        ("questions", all => all.Lines("questions",
            "{\"context\": \"Ann is here\", \"question\": \"who?\", \"answer\": \"Ann\", \"start\": 0, \"group\": \"g\"}\n",
            path => TextLines.Questions(path).Count())),
        ("probe texts", all => all.Lines("probe texts",
            "{\"text\": \"a film\", \"label\": \"x\", \"question\": \"q\"}\n{\"text\": \"a film\", \"spans\": [[0, 1, \"y\"]]}\n"
                + "{\"tokens\": [\"a\", \"b\"], \"labels\": [\"x\", null]}\n",
            path => ProbeText.Read(path))),
        ("training log", all => all.Lines("training log",
            "{\"step\":1,\"epoch\":1,\"loss\":2.5,\"learning_rate\":0.1}\n{\"step\":1,\"evaluation\":{\"loss\":2.25},\"kept\":true}\n",
            path => TrainingLog.Read(path))),
    ];

    private FuzzTarget Measurements()
    {
        const string header = "{\"format\":\"vitrine.measurements\",\"version\":1,\"job\":\"1\"}";
        byte[] seed = Utf8(header + "\n"
            + "{\"row\":1,\"line\":1,\"method\":\"saliency\",\"metric\":\"deletion\",\"value\":0.5,\"targets\":[0.5]}\n"
            + "{\"row\":1,\"line\":1,\"method\":\"saliency\",\"metric\":\"insertion\",\"value\":\"NaN\",\"targets\":[],\"last\":true}\n"
            + "{\"row\":2,\"line\":2,\"error\":\"empty\"}\n");
        return new("measurements", [seed], file =>
        {
            string path = Written("measurements.jsonl", file);
            using var read = MeasurementFile.Open(RowsOutput.File(path), header);
            for (int row = 1; read.Next(new DataRow(row, row)) is not null; row++)
            {
            }
        }, FuzzKind.Json);
    }

    private FuzzTarget ShardsOfARun()
    {
        const string start = "{\"format\":\"vitrine.rows\",\"version\":1,\"command\":\"predict\",\"model\":\"m\",\"job\":\"1\",\"shard\":";
        string other = _folder.File("part-2.jsonl");
        File.WriteAllText(other, start + "{\"index\":2,\"count\":2,\"rows\":3}}\n{\"row\":2,\"line\":2,\"labels\":[]}\n");
        byte[] seed = Utf8(start + "{\"index\":1,\"count\":2,\"rows\":3}}\n{\"row\":1,\"line\":1,\"labels\":[]}\n"
            + "{\"row\":3,\"line\":3,\"results\":[{\"result\":{\"versions\":{\"instructions\":\"x64\"}}}]}\n");
        return new("shards", [seed],
            file => Shards.Gather([Written("part-1.jsonl", file), other], RowsOutput.To(TextWriter.Null)), FuzzKind.Json);
    }

    private FuzzTarget WeightIndex()
    {
        string folder = Folder("index");
        SafetensorsWriter.Save(Path.Combine(folder, "model-1.safetensors"),
            [new("a", RandomTensor.Normal(1, [2])), new("b", RandomTensor.Normal(2, [3]))]);
        byte[] seed = Utf8("""{"metadata": {"total_size": 20}, "weight_map": {"a": "model-1.safetensors", "b": "model-1.safetensors"}}""");
        return new("weight index", [seed], file =>
        {
            File.WriteAllBytes(Path.Combine(folder, "model.safetensors.index.json"), file);
            using WeightsFolder read = WeightsFolder.Open(folder);
            foreach (string name in read.Names)
            {
                read.Entry(name);
            }
        }, FuzzKind.Json);
    }

    private static FuzzTarget Hub()
    {
        string hash = new('a', 40);
        byte[] seed = Utf8($$"""
            {"id": "org/name", "sha": "{{hash}}", "private": false, "siblings": [
             {"rfilename": "config.json", "size": 570, "blobId": "{{hash}}"},
             {"rfilename": "model.safetensors", "size": 440449768, "blobId": "{{hash}}", "lfs": {"sha256": "{{new string('b', 64)}}", "size": 440449768} }]}
            """);
        return new("hub listing", [seed], file => HubSelection.Of(HubListing.Parse(HubName.Parse("org/name"), file)), FuzzKind.Json);
    }

    private static FuzzTarget Chat() => new("chat template",
    [
        Utf8("{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}[{{ m.content | trim }}]{% elif loop.last %}"
            + "{{ m['content'][1:] }}{% else %}{{- m.role ~ ': ' + m.content }}{% endif %}{% endfor %}"
            + "{% if add_generation_prompt %}>{% endif %}"),
        Utf8("{% set ns = namespace(n=0) %}{% macro f(x, y=2) %}{{ x * y }}{% endmacro %}{% for m in messages[::-1] %}"
            + "{% set ns.n = ns.n + 1 %}{{ f(ns.n) }}{% endfor %}{# note #}{{ messages | length if messages is defined else 'none' }}"),
    ], file =>
    {
        var template = ChatTemplate.Parse(System.Text.Encoding.UTF8.GetString(file), "template",
            new Dictionary<string, string> { ["bos_token"] = "<s>" });
        template.Render([new("user", " Hi "), new("assistant", "Hello")], true);
    }, FuzzKind.Bytes);

    private FuzzTarget Lines(string name, string seed, Action<string> read) => new(name, [Utf8(seed)],
        file => read(Written("lines.txt", file)), name == "labelled texts" ? FuzzKind.Bytes : FuzzKind.Json);

    private static byte[] Utf8(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
