namespace LmmFunctional.Properties

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>A small random model with its data, of a kind whose likelihood often has several optima.</summary>
[<NoComparison; ReferenceEquality>]
type MultimodalModel = {
    /// One of <c>MultimodalModels.kinds</c>.
    Kind: string
    /// Makes everything again, together with the kind.
    Seed: int
    Formula: string
    Options: FitOptions
    Data: Frame
}

/// <summary>Small random models: few levels, of very unequal size; covariates whose mean is far from zero; short series.</summary>
[<RequireQualifiedAccess>]
module MultimodalModels =

    let private fixedParts = [ "1"; "x"; "x + z"; "f"; "f + x"; "t" ]

    let private plain = [
        "(1 | g)"
        "(x | g)"
        "(1 | g) + (1 | h)"
        "(x | g) + (1 | h)"
        "(1 | g/k)"
        "(1 | g/k) + (1 | h)"
        "(1 | g) + (1 | h) + (1 | id)"
        "(x | g) + (z | h)"
        "(x + z | id)"
        "(t | id)"
    ]

    let private slopes = [
        "(0 + x | g) + (1 | h)"
        "(0 + x | g) + (1 | g:k)"
        "(0 + x | g) + (0 + x | h)"
        "(0 + x | id) + (1 | g)"
        "(1 | g) + (0 + x | h) + (1 | id)"
    ]

    let private independent = [
        "(x || g)"
        "(x || id)"
        "(x || g) + (1 | h)"
        "(x + z || g)"
        "(x || g) + (x || h)"
    ]

    let private structured = [
        "id(0 + f | g)"
        "diag(0 + f | id)"
        "cs(0 + f | g)"
        "csh(0 + f | id)"
        "ar1(0 + visit | id)"
        "arh1(0 + visit | id)"
        "toep(2)(0 + visit | id)"
        "toep(0 + visit | id)"
        "sp_exp(0 + t | id)"
        "fa0(1)(0 + f | id)"
        "rr(1)(0 + f | id)"
        "(x | g) + cs(0 + f | id)"
        "ar1(0 + visit | id) + (1 | g)"
        "ar1(0 + visit | id) + (1 | id)"
        "known(A | a)"
        "known(A | a) + (1 | g)"
        "(1 | id per arm)"
    ]

    let private residuals = [
        "ar1(visit | id)"
        "arma(1,1)(visit | id)"
        "arma(2,1)(visit | id)"
        "car1(t | id)"
        "sp_exp(t | id)"
        "sp_exp(t | id) + nugget"
        "sp_gau(t | id)"
        "sp_gau(t | id) + nugget"
        "car1(t | id) + nugget"
        "ar1(visit | id) + nugget"
        "sp_exp(t + u | id)"
        "toep(2)(visit | id)"
        "toep(visit | id)"
        "cs(visit | id)"
        "csh(visit | id)"
        "arh1(visit | id)"
        "toeph(visit | id)"
        "ad1(visit | id)"
        "us(visit | id)"
        "ar1(visit | id) per arm"
        "ident(arm)"
        "diag(visit | id)"
        "varpower(v)"
        "varexp(u)"
        "varconstpower(v)"
        "ar1(visit | id) * varpower(v)"
    ]

    let private mixed = [
        "(1 | g); residual = ar1(visit | id)"
        "(1 | id); residual = ar1(visit | id)"
        "(1 | id); residual = car1(t | id)"
        "(1 | id); residual = arma(1,1)(visit | id)"
        "(1 | id); residual = sp_exp(t | id)"
        "(1 | id); residual = ident(arm)"
        "(1 | id); residual = varpower(v)"
        "(t | id); residual = ar1(visit | id)"
        "(0 + x | g) + (1 | h); residual = ident(arm)"
        "(x || g); residual = diag(visit | id)"
        "(x || g); residual = ar1(visit | id)"
    ]

    let private randoms =
        Map [
            "plain", plain
            "slopes", slopes
            "independent", independent
            "structured", structured
            "residual", residuals |> List.map (fun structure -> $"; residual = {structure}")
            "mixed", mixed
            "few rows", plain @ slopes @ independent
        ]

    /// The kinds: independent residuals; slopes without an intercept; uncorrelated slopes; structures of random effects, of
    /// residuals, of both; few rows.
    let kinds = [
        "plain"
        "slopes"
        "independent"
        "structured"
        "residual"
        "mixed"
        "few rows"
    ]

    let private pick (random: Random) (items: 'item list) = items[random.Next items.Length]

    let private normal (random: Random) =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    /// Codes below a count, all of which occur: in turn, at random, or most of them the same.
    let private codes (random: Random) rows count =
        let draw =
            match random.Next 3 with
            | 0 -> fun i -> i % count
            | 1 -> fun _ -> random.Next count
            | _ -> fun _ -> int (float count * (random.NextDouble() ** 3.0))

        Array.init rows (fun i -> if i < count then i else draw i)

    /// Subject and visit of each row; the first subjects miss none.
    let private places (random: Random) isShort =
        let subjects = if isShort then 3 + random.Next 3 else 5 + random.Next 10
        let visits = 3 + random.Next(if isShort then 2 else 4)
        let missing = pick random [ 0.0; 0.0; 0.15; 0.3 ]

        [|
            for subject in 0 .. subjects - 1 do
                for visit in 0 .. visits - 1 do
                    if subject < 4 || random.NextDouble() >= missing then
                        subject, visit
        |]

    /// Errors of each row: a process along the visits with noise on it.
    let private errors (random: Random) (places: (int * int)[]) =
        let rho = pick random [ -0.9; -0.5; 0.0; 0.3; 0.7; 0.95 ]
        let noise = pick random [ 0.0; 0.3; 1.0 ]
        let mutable state = 0.0

        places
        |> Array.map (fun (_, visit) ->
            state <-
                if visit = 0 then
                    normal random
                else
                    rho * state + sqrt (1.0 - rho * rho) * normal random

            state + noise * normal random)

    let private relationship =
        lazy
            (Pedigree.ofRows [
                for k in 0..11 ->
                    $"a{k}", (if k < 4 then "" else $"a{k * 7 % k}"), (if k < 4 then "" else $"a{(k * 5 + 1) % k}")
             ]
             |> Result.map Relationship.ofPedigree
             |> Result.toOption)

    let private columns (random: Random) isShort =
        let places = places random isShort
        let rows = places.Length
        let levels most = min (rows / 2) (2 + random.Next most)
        let ofG, ofH = levels 6, levels 5
        let g, h = codes random rows ofG, codes random rows ofH
        let k = codes random rows 2
        let f = codes random rows 3
        let far = pick random [ 0.0; 1.0; 4.0; 10.0; 40.0 ]
        let x = Array.init rows (fun _ -> far + normal random)
        let z = Array.init rows (fun _ -> 5.0 * normal random)
        let a = Array.init rows (fun i -> if i < 12 then i else random.Next 12)
        let v = Array.init rows (fun _ -> 0.3 + 3.0 * random.NextDouble())
        let u = Array.init rows (fun _ -> normal random)

        let effects count =
            let size = pick random [ 0.0; 0.0; 0.0; 0.0; 0.3; 1.0; 3.0; 10.0 ]
            Array.init count (fun _ -> size * normal random)

        let ug, xg, uh, zh, uk, us, ts, ua =
            effects ofG, effects ofG, effects ofH, effects ofH, effects (2 * ofG), effects 20, effects 20, effects 12

        let power = pick random [ 0.0; 0.0; 0.5; 1.0 ]
        let e = errors random places
        let number, text = RandomStructures.number, RandomStructures.text
        let ids, visits = Array.map fst places, Array.map snd places
        let time = visits |> Array.map (fun visit -> float visit + 0.5 * float (visit / 2))

        let y =
            Array.init rows (fun i ->
                1.0
                + 0.3 * x[i]
                + ug[g[i]]
                + (x[i] - far * float (random.Next 2)) * xg[g[i]]
                + uh[h[i]]
                + 0.2 * z[i] * zh[h[i]]
                + uk[2 * g[i] + k[i]]
                + us[ids[i]]
                + 0.5 * time[i] * ts[ids[i]]
                + ua[a[i]]
                + v[i] ** power * e[i])

        [
            "y", number y
            "x", number x
            "z", number z
            "v", number v
            "u", number u
            "t", number time
            "f", text "f" f
            "g", text "g" g
            "h", text "h" h
            "k", text "k" k
            "id", text "s" (ids |> Array.map ((+) 10))
            "visit", text "v" visits
            "arm", text "b" (ids |> Array.map (fun id -> id % 2))
            "a",
            Column.Categorical(ImmutableArray.CreateRange(Seq.init 12 (fun k -> $"a{k}")), ImmutableArray.CreateRange a)
        ]

    /// <summary>The model of a kind and a seed; None where its data cannot be told apart by it.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such kind.</exception>
    let tryOfSeed kind seed : MultimodalModel option =
        match Map.tryFind kind randoms with
        | None -> invalidArg (nameof kind) $"There is no kind '{kind}'."
        | Some parts ->
            let random = Random(seed: int)
            let part = pick random parts
            let criterion = pick random [ Criterion.Ml; Criterion.Reml ]
            let fixedPart = pick random fixedParts
            let joint = if part.StartsWith ';' then "" else " + "

            let model = {
                Kind = kind
                Seed = seed
                Formula = $"y ~ {fixedPart}{joint}{part}"
                Options = {
                    FitOptions.defaults with
                        Criterion = criterion
                        Known =
                            relationship.Value
                            |> Option.map (fun a -> "A", a)
                            |> Option.toList
                            |> Map.ofList
                }
                Data =
                    columns random (kind = "few rows")
                    |> Frame.ofColumns
                    |> Result.defaultWith (fun _ -> invalidOp "The columns are of unequal length.")
            }

            Formula.parse model.Formula
            |> Result.bind (fun spec -> Design.buildWith model.Options.Known spec model.Data)
            |> Result.bind (Identifiability.check [])
            |> Result.bind (LogLikelihood.create criterion)
            |> Result.toOption
            |> Option.map (fun _ -> model)

    /// The likelihood of a model that has one.
    let likelihood (model: MultimodalModel) =
        Formula.parse model.Formula
        |> Result.bind (fun spec -> Design.buildWith model.Options.Known spec model.Data)
        |> Result.bind (LogLikelihood.create model.Options.Criterion)
        |> Result.defaultWith (fun problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; "))
