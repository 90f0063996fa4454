using System.Reflection;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Library;

/// <summary>Requests as texts: what tells two of them apart decides whether a run over rows may be continued.</summary>
public class RequestTests
{
    public static TheoryData<Type> Requests =>
        [typeof(TextRequest), typeof(WriteRequest), typeof(PredictRequest), typeof(ExplainRequest), typeof(EvaluateRequest)];

    [Theory]
    [MemberData(nameof(Requests))]
    public void Settings_EveryProperty_IsAmongThem(Type type)
    {
        foreach (PropertyInfo property in type.GetProperties().Where(property => property.SetMethod?.IsPublic is true))
        {
            var request = (TextRequest)Activator.CreateInstance(type)!;
            Assert.Empty(request.Settings());

            property.SetValue(request, Other(property));

            Assert.Equal(property.Name, Assert.Single(request.Settings()).Name);
            Assert.Contains(property.Name + " = ", request.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ToString_OfARequest_NamesWhatIsSet()
    {
        Assert.Equal("ExplainRequest: all defaults", new ExplainRequest().ToString());
        Assert.Equal("ExplainRequest: Text = a \"good\" movie, Targets = [0, 1], Methods = [lime], Baseline = mask",
            new ExplainRequest
            {
                Text = "a \"good\" movie",
                Targets = ["0", "1"],
                Methods = [Methods.Lime],
                Baseline = Baseline.Mask
            }.ToString());
    }

    [Theory]
    [InlineData("absent", "no template")]
    [InlineData("score", "Did you mean")]
    [InlineData("method", "Did you mean")]
    [InlineData("sequence", "log_probability or probability")]
    public void Check_WhatIsWrongWhateverTheModel_IsSaid(string kind, string part)
    {
        ExplainRequest request = kind switch
        {
            "absent" => new() { Absent = new Dictionary<string, string> { ["a"] = "b" } },
            "score" => new() { Score = "logits" },
            "method" => new() { Methods = ["salience"] },
            _ => new() { Sequence = true, Score = "entropy" },
        };

        Assert.Contains(part, Assert.ThrowsAny<VitrineException>(request.Check).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_OutOfRange_AreRefusedWhereTheyAreSet()
    {
        Assert.Throws<RequestException>(() => new ExplainRequest { Trials = 0 });
        Assert.Throws<RequestException>(() => new PredictRequest { Top = 0 });
        Assert.Throws<RequestException>(() => new WriteRequest { Beams = 0 });
        Assert.Throws<RequestException>(() => new EvaluateRequest { Limit = 0 });
        Assert.Throws<RequestException>(() => new DataFileOptions { Shard = (3, 2) });
    }

    private static object Other(PropertyInfo property) =>
        (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) switch
        {
            var type when type == typeof(string) => "other",
            var type when type == typeof(bool) => true,
            var type when type == typeof(int) => 7,
            var type when type == typeof(double) => 0.25,
            var type when type == typeof(IReadOnlyList<int>) => (int[])[3, 4],
            var type when type == typeof(IReadOnlyList<string>) => (string[])["other"],
            var type when type == typeof(IReadOnlyList<int[]>) => (int[][])[[1, 2]],
            var type when type == typeof(IReadOnlyDictionary<string, string>) => new Dictionary<string, string> { ["a"] = "b" },
            var type when type == typeof(Baseline) => Baseline.Mask,
            { IsEnum: true } type => Enum.GetValues(type).GetValue(1)!,
            var type => throw new NotSupportedException($"a property of {type}"),
        };
}
