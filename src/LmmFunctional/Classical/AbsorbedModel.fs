namespace LmmFunctional.Classical

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>A variance components model V = σ²I + Σσ²ᵢZᵢZᵢ' with its fixed effects absorbed.</summary>
/// <remarks>With M = I − X(X'X)⁻X' it holds Z'MZ (q×q), Z'My and y'My: all that MINQUE and EM need, whatever n is. They
/// come from one triangle of [X Z y], so that nothing is subtracted.</remarks>
[<ReferenceEquality>]
type AbsorbedModel = internal {
    /// A name for each variance component: the group, and the effect where a group has several.
    Components: string list
    /// Where each component's effects begin, and after them q.
    Starts: int[]
    /// Z'MZ, q×q by columns.
    Z: float[]
    /// Z'My, length q.
    Zy: float[]
    /// y'My.
    Yy: float
    /// n − rank(X).
    Df: int
} with

    /// The variance components, without the residual one.
    member model.Names = model.Components

    /// Number of random effects q.
    member model.RandomCount = model.Zy.Length

    /// n − rank(X).
    member model.ResidualDf = model.Df

/// <summary>Absorbing the fixed effects.</summary>
[<RequireQualifiedAccess>]
module AbsorbedModel =

    // The dense matrices of q columns that a method works with at a time.
    let private copies = 4.0

    let private problems (design: Design) = [
        for term in design.Random do
            if term.Names.Length > 1 && term.Term.Structure <> Structure.Diagonal then
                LmmError.NotClassical
                    $"random term '{TermText.deparseRandom term.Term}' has correlated effects; write || for independent ones"

            if term.Term.Relationship.IsSome || term.Term.PerLevelOf.IsSome then
                LmmError.NotClassical $"levels of '{term.Group}' are related or differ in variance"

        if design.Spec.Residual <> ResidualTerm.Independent then
            LmmError.NotClassical "its residuals are correlated or of unequal variance"

        let q =
            design.Random
            |> List.sumBy (fun term -> float (term.Levels.Length * term.Names.Length))

        let n, p = float design.Response.Length, float design.Fixed.Names.Length
        let bytes = 8.0 * (copies * q * q + n * (p + q))
        let available = float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)

        if bytes > available then
            LmmError.TooLarge("The matrix of all random effects", bytes, available)
    ]

    // One column for each level of each effect.
    let private randomColumns (design: Design) = [
        for term in design.Random do
            for s in 0 .. term.Names.Length - 1 do
                let columns =
                    Array.init term.Levels.Length (fun _ -> Array.zeroCreate<float> design.Response.Length)

                term.Codes
                |> Array.iteri (fun row code -> columns[code][row] <- term.Columns[s][row])

                let name =
                    if term.Names.Length = 1 then
                        term.Group
                    else
                        $"{term.Group}: {term.Names[s]}"

                name, columns
    ]

    /// <summary>The model of a design, its fixed effects absorbed.</summary>
    /// <param name="design">A design of independent random effects; prior weights scale rows.</param>
    /// <returns>The model, or: random terms with correlated effects, too many random effects for a dense
    /// matrix.</returns>
    /// <remarks>Cost 2n(p + q)².</remarks>
    let create (design: Design) : Result<AbsorbedModel, LmmError list> =
        match problems design with
        | [] ->
            let n = design.Response.Length
            let x = design.Fixed.Matrix
            let random = randomColumns design
            let z = random |> List.collect (snd >> List.ofArray) |> Array.ofList

            let y =
                match design.Offset with
                | Some offset -> Array.map2 (-) design.Response offset
                | None -> design.Response

            let columns = Array.concat [ Array.init x.Columns x.Column; z; [| y |] ]

            let weighted =
                match design.Weights with
                | Some weights ->
                    let roots = weights |> Array.map sqrt
                    columns |> Array.map (Array.map2 (*) roots)
                | None -> columns

            let p, q = x.Columns, z.Length
            let size = p + q + 1
            let r = Rank.triangle n size (Array.create size 1.0) (Array.concat weighted)

            // Rows of the triangle below those of X.
            let product i j =
                let mutable sum = 0.0

                for row in p .. min (p + i) (p + j) do
                    sum <- sum + r[row + (p + i) * size] * r[row + (p + j) * size]

                sum

            let zz = Array.zeroCreate (q * q)

            for j in 0 .. q - 1 do
                for i in 0..j do
                    let value = product i j
                    zz[i + j * q] <- value
                    zz[j + i * q] <- value

            Ok {
                Components = random |> List.map fst
                Starts =
                    random
                    |> List.scan (fun start (_, columns) -> start + columns.Length) 0
                    |> Array.ofList
                Z = zz
                Zy = Array.init q (fun i -> product i q)
                Yy = product q q
                Df = n - p
            }
        | problems -> Error problems

    /// <summary>The model of a formula and its data.</summary>
    /// <param name="formula">A formula with random terms.</param>
    /// <param name="frame">The data.</param>
    /// <returns>The model, or every problem of text and data.</returns>
    let ofFormula (formula: string) (frame: Frame) : Result<AbsorbedModel, LmmError list> =
        Formula.parse formula
        |> Result.bind (fun spec -> Design.build spec frame)
        |> Result.bind create

    /// K = D^½WD^½ with W = (I + D^½BD^½)⁻¹, and T = I − BK, for the relative variances of the components; B = Z'MZ.
    let internal shrinkage (model: AbsorbedModel) (relative: float[]) : float[] * float[] =
        let q = model.Zy.Length
        let d = Array.zeroCreate<float> q

        relative
        |> Array.iteri (fun i variance ->
            Array.fill d model.Starts[i] (model.Starts[i + 1] - model.Starts[i]) (sqrt variance))

        let w = Array.init (q * q) (fun k -> d[k % q] * model.Z[k] * d[k / q])

        for i in 0 .. q - 1 do
            w[i + i * q] <- w[i + i * q] + 1.0

        Dense.invertPositive q w
        let k = Array.init (q * q) (fun k -> d[k % q] * w[k] * d[k / q])
        let t = Dense.multiply q model.Z k

        for j in 0 .. q - 1 do
            for i in 0 .. q - 1 do
                // Where the variance is large the difference would cancel, and W says the same without one.
                t[i + j * q] <-
                    if d[i] * d[i] * model.Z[i + i * q] > 1.0 then
                        w[i + j * q] * d[j] / d[i]
                    else
                        (if i = j then 1.0 else 0.0) - t[i + j * q]

        k, t

    /// The component that each effect belongs to.
    let internal componentOf (model: AbsorbedModel) =
        let result = Array.zeroCreate model.Zy.Length

        for i in 0 .. model.Components.Length - 1 do
            Array.fill result model.Starts[i] (model.Starts[i + 1] - model.Starts[i]) i

        result
