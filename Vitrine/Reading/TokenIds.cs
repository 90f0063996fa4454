using System.Globalization;

namespace Vitrine;

/// <summary>Token ids as people type them.</summary>
public static class TokenIds
{
    /// <summary>Reads ids with spaces, commas or semicolons between them: <c>5 17 3</c>.</summary>
    /// <exception cref="RequestException">There are none, or one is not a number.</exception>
    public static int[] Parse(string text)
    {
        string[] parts = text.Split([' ', ',', ';', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);
        int[] ids = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out ids[i]))
            {
                throw new RequestException(Fault.Text,
                    string.Create(CultureInfo.InvariantCulture,
                        $"ids: not a token id; got '{parts[i]}' at position {i}; expected whole numbers with "
                        + $"spaces or commas between them."));
            }
        }
        return ids.Length > 0 ? ids : throw new RequestException(Fault.Text,
            "ids: empty; got no number; expected ids with spaces or commas between them.");
    }
}
