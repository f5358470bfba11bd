namespace LmmFunctional.Analysis

open System
open System.IO
open System.Text
open System.Text.Json
open LmmFunctional
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>R², intraclass correlations and the shares of random terms of one fit.</summary>
type VarianceShareTable = {
    Shares: RSquared
    /// The share of each random term in the variance of a row, in the order of the formula.
    Terms: VarianceShare list
}

/// <summary>Shares of variance as text, Markdown and JSON.</summary>
[<RequireQualifiedAccess>]
module VarianceShareReport =

    /// <summary>The shares of a fit.</summary>
    /// <returns>The shares; or: levels are related, or variances are held.</returns>
    let ofFit (fit: Fit) : Result<VarianceShareTable, LmmError list> =
        RSquared.ofFit fit
        |> Result.map (fun shares -> {
            Shares = shares
            Terms = [
                for term in 0 .. fit.Design.Random.Length - 1 ->
                    {
                        RSquared.heritability term fit with
                            Name = TermText.deparseRandom fit.Design.Random[term].Term
                    }
            ]
        })

    let private shares (own: RSquared) = [
        "R2, marginal", own.Marginal
        "R2, conditional", own.Conditional
        "ICC, adjusted", own.AdjustedIcc
        "ICC, unadjusted", own.UnadjustedIcc
    ]

    let private variances (own: RSquared) = [
        "fixed effects", own.FixedVariance
        "random effects", own.RandomVariance
        "residuals", own.ResidualVariance
    ]

    let private grid header digits (rows: (string * float) list) =
        Table.create [ "", Alignment.Left; header, Alignment.Right ] [
            for name, value in rows -> [ name; NumberText.significant digits value ]
        ]

    let private termGrid (terms: VarianceShare list) =
        Table.create [ "", Alignment.Left; "Share", Alignment.Right; "Std. Error", Alignment.Right ] [
            for term in terms ->
                [
                    term.Name
                    NumberText.significant 4 term.Estimate
                    term.StandardError
                    |> Option.map (NumberText.significant 4)
                    |> Option.defaultValue ""
                ]
        ]

    /// <summary>The parts of the report, for reports of one's own.</summary>
    let blocks (fit: Fit) (table: VarianceShareTable) : Block list = [
        Block.Title "Shares of the variance of the response"
        Block.Code("Formula", Formula.print fit.Spec)
        Block.Line $"Criterion: {FitJson.criterionName fit.Criterion}"
        Block.Line ""
        Block.Grid(grid "Share" 4 (shares table.Shares))
        Block.Heading "Mean variances of a row"
        Block.Grid(grid "Variance" 6 (variances table.Shares))

        if not table.Terms.IsEmpty then
            Block.Heading "Random terms, of what the fixed effects leave"
            Block.Grid(termGrid table.Terms)
    ]

    /// <summary>The shares as text or Markdown.</summary>
    let render (format: SummaryFormat) (fit: Fit) (table: VarianceShareTable) : string =
        blocks fit table |> Report.render format

    let private write (json: Utf8JsonWriter) (fit: Fit) (table: VarianceShareTable) =
        let number (key: string) (value: float) =
            if Double.IsFinite value then
                json.WriteNumber(key, value)
            else
                json.WriteNull key

        let own = table.Shares
        json.WriteStartObject()
        json.WriteString("formula", Formula.print fit.Spec)
        json.WriteString("criterion", FitJson.criterionName fit.Criterion)
        number "marginal" own.Marginal
        number "conditional" own.Conditional
        number "adjustedIcc" own.AdjustedIcc
        number "unadjustedIcc" own.UnadjustedIcc
        number "fixedVariance" own.FixedVariance
        number "randomVariance" own.RandomVariance
        number "residualVariance" own.ResidualVariance
        json.WriteStartArray "terms"

        for term in table.Terms do
            json.WriteStartObject()
            json.WriteString("term", term.Name)
            number "share" term.Estimate
            number "standardError" (term.StandardError |> Option.defaultValue nan)
            json.WriteEndObject()

        json.WriteEndArray()
        json.WriteEndObject()

    /// <summary>The shares as one line of JSON; null where there is no number.</summary>
    let toJson (fit: Fit) (table: VarianceShareTable) : string =
        use buffer = new MemoryStream()
        using (new Utf8JsonWriter(buffer, FitJson.options)) (fun json -> write json fit table)
        Encoding.UTF8.GetString(buffer.GetBuffer(), 0, int buffer.Length)
