using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Library;

/// <summary>The public surface of the library is a file that is reviewed: <c>VITRINE_APPROVE=1</c> writes what a build has.</summary>
public class PublicApiTests
{
    [Fact]
    public void Surface_OfTheAssembly_IsTheCommittedOne()
    {
        string path = Path.Combine(GoldenFolder.SourceTree(), "Vitrine", "PublicApi.txt"), actual = Surface(typeof(Explainer).Assembly);
        if (Environment.GetEnvironmentVariable("VITRINE_APPROVE") is { Length: > 0 })
        {
            File.WriteAllText(path, actual, new UTF8Encoding(false));
        }

        string[] expected = File.ReadAllLines(path), found = actual.TrimEnd('\n').Split('\n');

        Assert.True(expected.SequenceEqual(found), "The public surface changed: "
            + string.Join("; ", [.. expected.Except(found).Select(line => "gone: " + line.Trim()), .. found.Except(expected)
                .Select(line => "new: " + line.Trim())])
            + ". Run this test with VITRINE_APPROVE=1 if that is meant, and name it in CHANGELOG.md.");
    }

    [Fact]
    public void ToString_OfEveryRecordAndResult_IsItsOwn()
    {
        Type[] silent = [.. typeof(Explainer).Assembly.GetExportedTypes()
            .Where(type => type is { IsAbstract: false, IsEnum: false } && !typeof(Delegate).IsAssignableFrom(type) && !typeof(Exception)
                .IsAssignableFrom(type))
            .Where(type => type.GetMethod(nameof(ToString), [])!.IsDefined(typeof(CompilerGeneratedAttribute))
                || type.GetMethod(nameof(ToString), [])!.DeclaringType == typeof(object))];

        Assert.Empty(silent.Select(type => type.Name));
    }

    private static string Surface(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(Kind(type)).Append(' ').Append(Name(type))
                .Append(type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum)
                    ? $" : {Name(parent)}" : "").Append('\n');
            foreach (string member in type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static
                | BindingFlags.DeclaredOnly)
                .Where(member => !member.IsDefined(typeof(CompilerGeneratedAttribute)))
                    .Select(Member).OfType<string>().Order(StringComparer.Ordinal))
            {
                text.Append("  ").Append(member).Append('\n');
            }
        }
        return text.ToString();
    }

    private static string Kind(Type type) => type.IsEnum ? "enum" : type.IsValueType ? "struct" : type.IsAbstract && type.IsSealed
        ? "static class" : type.IsSealed ? "sealed class" : "class";

    private static string? Member(MemberInfo member) => member switch
    {
        FieldInfo { IsLiteral: true, IsStatic: true } field when field.DeclaringType!.IsEnum =>
            $"{field.Name} = {Convert.ToInt32(field.GetRawConstantValue(), System.Globalization.CultureInfo.InvariantCulture)}",
        FieldInfo { IsLiteral: true } field => $"const {Name(field.FieldType)} {field.Name} = \"{field.GetRawConstantValue()}\"",
        FieldInfo => null,
        ConstructorInfo constructor => $"new({Parameters(constructor)})",
        PropertyInfo property =>
            $"{Static(property.GetMethod ?? property.SetMethod!)}{Name(property.PropertyType)} {property.Name} {Access(property)}",
        MethodInfo { IsSpecialName: false } method => $"{Static(method)}{Name(method.ReturnType)} {method.Name}({Parameters(method)})",
        _ => null,
    };

    private static string Static(MethodInfo method) => method.IsStatic ? "static " : "";

    private static string Access(PropertyInfo property) =>
        $"{{ {(property.GetMethod?.IsPublic == true ? "get; " : "")}{(property.SetMethod?.IsPublic == true ? "init; " : "")}}}";

    private static string Parameters(MethodBase method) =>
        string.Join(", ", method.GetParameters()
            .Select(parameter => $"{Name(parameter.ParameterType)} {parameter.Name}{Default(parameter)}"));

    private static string Default(ParameterInfo parameter) => !parameter.HasDefaultValue ? "" : " = " + (parameter.DefaultValue switch
    {
        null => parameter.ParameterType.IsValueType ? "default" : "null",
        var value => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!.ToLowerInvariant(),
    });

    private static string Name(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return Name(value) + "?";
        }
        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }
        string bare = type.Name switch
        {
            "String" => "string",
            "Int32" => "int",
            "Int64" => "long",
            "Boolean" => "bool",
            "Double" =>
            "double",
            "Single" => "float",
            "Void" => "void",
            "Object" => "object",
            var name => name
        };
        return type.IsGenericType
            ? $"{bare[..bare.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : bare;
    }
}
