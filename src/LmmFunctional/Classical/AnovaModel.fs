namespace LmmFunctional.Classical

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>A term of an analysis of variance met with its data.</summary>
[<NoComparison; ReferenceEquality>]
type internal AnovaTerm = {
    Name: string
    Term: Term
    IsRandom: bool
    /// Its columns in X.
    Columns: int[]
    /// X'Z by columns, p×levels: Z the indicators of a random term's levels, or the columns of a fixed one.
    CrossProducts: float[][]
    /// For a random term the level of every row.
    Codes: int[]
    Levels: int
}

/// <summary>A model of fixed and random terms, all of them columns of one X, met with its data.</summary>
/// <remarks>Factors are coded by contrasts that sum to zero, so that a term's columns mean the same for every type of
/// sums of squares. Nothing of size n×n is formed; X, n×p, is reduced to a triangle.</remarks>
[<ReferenceEquality>]
type AnovaModel = internal {
    Spec: LmmSpec
    Response: float[]
    /// Number of columns p, the intercept's too.
    P: int
    HasIntercept: bool
    Terms: AnovaTerm list
    /// The (p + 1)×(p + 1) triangle of [X y].
    Triangle: float[]
} with

    /// Number of rows used.
    member model.Observations = model.Response.Length

    /// The terms in order, each with whether it is random.
    member model.TermNames = model.Terms |> List.map (fun term -> term.Name, term.IsRandom)

/// <summary>Models for the analysis of variance.</summary>
[<RequireQualifiedAccess>]
module AnovaModel =

    let private asFactor expr =
        match expr with
        | Expr.Call("factor", _)
        | Expr.Call("C", _) -> expr
        | _ -> Expr.Call("factor", [ None, expr ])

    // Grouping factors are categories whatever their column holds.
    let private codedAs (grouping: Set<string>) (term: Term) = {
        Factors =
            term.Factors
            |> List.map (fun expr ->
                match expr with
                | Expr.Column name when grouping.Contains name -> asFactor expr
                | _ -> expr)
    }

    let private groupProblems (random: RandomTerm list) = [
        for term in random do
            if term.Effects.Items <> [ Term.intercept ] then
                LmmError.NotClassical $"random term '{TermText.deparseRandom term}' has slopes"

            if term.Relationship.IsSome || term.PerLevelOf.IsSome then
                LmmError.NotClassical $"levels of '{TermText.deparse term.Group}' are related or differ in variance"
    ]

    let private unknownFactors (spec: LmmSpec) (random: string list) =
        let known =
            spec.Fixed.Items
            |> List.collect _.Factors
            |> List.collect Expr.columns
            |> List.distinct

        [
            for name in random do
                if not (List.contains name known) then
                    LmmError.UnknownFactor(name, Nearest.suggest known name)
        ]

    let private withSumContrasts (coded: CodedTerm) = {
        coded with
            Variables =
                coded.Variables
                |> List.map (fun variable ->
                    match variable.Variable.Kind with
                    | VariableKind.Factor factor -> {
                        variable with
                            Variable = {
                                variable.Variable with
                                    Kind = VariableKind.Factor { factor with Contrast = Contrast.Sum }
                            }
                      }
                    | VariableKind.Number _
                    | VariableKind.Basis _ -> variable)
    }

    // X'Z for the indicators Z of levels: sums of the rows of X by level.
    let private sumsByLevel n p (x: float[]) (codes: int[]) levels =
        let sums = Array.init levels (fun _ -> Array.zeroCreate<float> p)

        for j in 0 .. p - 1 do
            for i in 0 .. n - 1 do
                let target = sums[codes[i]]
                target[j] <- target[j] + x[i + j * n]

        sums

    let private products n p (x: float[]) (columns: int[]) =
        columns
        |> Array.map (fun column ->
            Array.init p (fun j ->
                let mutable sum = 0.0

                for i in 0 .. n - 1 do
                    sum <- sum + x[i + j * n] * x[i + column * n]

                sum))

    let private meet (spec: LmmSpec) (names: (Term * string * bool) list) (design: Design) (frame: Frame) =
        let selection = Selection(frame, design.Rows)
        let coded = design.Schema.Fixed |> List.map withSumContrasts
        let x = ModelMatrix.values selection coded
        let n, p = design.Rows.Length, x.Length / design.Rows.Length

        let response =
            match design.Offset with
            | Some offset -> Array.map2 (-) design.Response offset
            | None -> design.Response

        let starts =
            coded |> List.scan (fun start term -> start + int (TermCoding.columns term)) 0

        let term (coded: CodedTerm, start) =
            let _, name, isRandom =
                names |> List.find (fun (term, _, _) -> Term.same term coded.Term)

            let columns = Array.init (int (TermCoding.columns coded)) ((+) start)

            if isRandom then
                GroupingFactor.resolve selection coded.Term
                |> Result.map (fun (grouping, codes) -> {
                    Name = name
                    Term = coded.Term
                    IsRandom = true
                    Columns = columns
                    CrossProducts = sumsByLevel n p x codes grouping.Levels.Length
                    Codes = codes
                    Levels = grouping.Levels.Length
                })
            else
                Ok {
                    Name = name
                    Term = coded.Term
                    IsRandom = false
                    Columns = columns
                    CrossProducts = products n p x columns
                    Codes = [||]
                    Levels = 0
                }

        List.zip coded (List.truncate coded.Length starts)
        |> List.filter (fun (coded, _) -> not coded.Variables.IsEmpty)
        |> List.map term
        |> Problems.all
        |> Result.map (fun terms -> {
            Spec = spec
            Response = response
            P = p
            HasIntercept = coded |> List.exists (fun term -> term.Variables.IsEmpty)
            Terms = terms
            Triangle = Rank.triangle n (p + 1) (Array.create (p + 1) 1.0) (Array.append x response)
        })

    /// <summary>Meets a model with its data.</summary>
    /// <param name="spec">The model: factors among the fixed effects, and random intercepts <c>(1 | g)</c>.</param>
    /// <param name="random">Factors among the fixed effects that are random, with every term they are in.</param>
    /// <param name="frame">The data.</param>
    /// <returns>The model, or every problem of model and data; slopes and weights are not for this analysis.</returns>
    let create (spec: LmmSpec) (random: string list) (frame: Frame) : Result<AnovaModel, LmmError list> =
        let spec = Columns.expandDots frame spec

        let grouping =
            spec.Random
            |> List.collect (fun term -> term.Group.Factors |> List.collect Expr.columns)
            |> List.append random
            |> Set.ofList

        let isRandom (term: Term) =
            term.Factors
            |> List.collect Expr.columns
            |> List.exists (fun name -> List.contains name random)

        let named = [
            for term in spec.Fixed.Items do
                codedAs grouping term, TermText.deparse term, isRandom term

            for random in spec.Random do
                codedAs grouping random.Group, TermText.deparse random.Group, true
        ]

        let problems =
            groupProblems spec.Random
            @ unknownFactors spec random
            @ [
                if spec.Residual <> ResidualTerm.Independent then
                    LmmError.NotClassical "its residuals are correlated or of unequal variance"

                if spec.Weights.IsSome then
                    LmmError.NotClassical "it has prior weights"
            ]

        let terms =
            Terms.create (named |> List.map (fun (term, _, _) -> term) |> List.distinct) spec.Fixed.Offsets []

        let asFixed = {
            spec with
                Fixed = terms
                Random = []
                Weights = None
        }

        if problems.IsEmpty then
            Design.build asFixed frame
            |> Result.bind (fun design -> meet spec named design frame)
        else
            Error problems

    /// <summary>Meets a formula with its data.</summary>
    /// <param name="formula">The model as text.</param>
    /// <param name="random">Factors that are random, with every term they are in.</param>
    /// <param name="frame">The data.</param>
    /// <returns>The model, or every problem of text, model and data.</returns>
    let ofFormula (formula: string) random frame : Result<AnovaModel, LmmError list> =
        Formula.parse formula |> Result.bind (fun spec -> create spec random frame)
