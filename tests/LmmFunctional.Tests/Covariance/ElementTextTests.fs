/// <summary>The formulas that the catalogue prints, each beside itself in code, against λλᵀ of the structure's form.</summary>
module LmmFunctional.Tests.ElementTextTests

open System
open MathNet.Numerics
open Expecto
open LmmFunctional.Model
open LmmFunctional.Estimation

let private m = 4

let private positions = {
    Labels = FormCases.labels m
    Coordinates = [| [| 0.0; 1.0 |]; [| 1.0; 0.5 |]; [| 2.5; 2.0 |]; [| 3.0; 0.2 |] |]
}

/// Those with one coordinate for a structure in time.
let private positionsOf structure =
    match structure with
    | Structure.ContinuousAutoregressive -> {
        positions with
            Coordinates = positions.Coordinates |> Array.map (Array.truncate 1)
      }
    | _ -> positions

/// A standard deviation for all, then the rest.
let private common correlation (p: float[]) i j =
    p[0] * p[0] * (if i = j then 1.0 else correlation (Array.skip 1 p) i j)

/// A standard deviation for each, then the rest.
let private own correlation (p: float[]) i j =
    p[i] * p[j] * (if i = j then 1.0 else correlation (Array.skip m p) i j)

let private none _ _ _ = 0.0

let private same (rho: float[]) _ _ = rho[0]

let private power (rho: float[]) i j = pown rho[0] (abs (i - j))

let private lag i j = abs (i - j)

let private ofLag (rho: float[]) i j = rho[lag i j - 1]

let private banded k (rho: float[]) i j =
    if lag i j < k then rho[lag i j - 1] else 0.0

let private chain (rho: float[]) i j =
    Seq.fold (fun product step -> product * rho[step]) 1.0 (seq { min i j .. max i j - 1 })

/// γ(k)/γ(0) of x_t = φ x_(t−1) + e_t + θ e_(t−1).
let private process' (p: float[]) i j =
    let phi, theta = p[0], p[1]
    let zero = 1.0 + 2.0 * phi * theta + theta * theta
    let one = (1.0 + phi * theta) * (phi + theta)
    pown phi (lag i j - 1) * one / zero

let private between c i j =
    abs (positions.Coordinates[i][c] - positions.Coordinates[j][c])

let private time (rho: float[]) i j = rho[0] ** between 0 i j

let private h i j =
    sqrt (between 0 i j ** 2.0 + between 1 i j ** 2.0)

/// h/r with one range, or with one for each coordinate; and what follows the ranges.
let private byRange isAnisotropic f (p: float[]) i j =
    if isAnisotropic then
        let x = sqrt ((between 0 i j / p[0]) ** 2.0 + (between 1 i j / p[1]) ** 2.0)
        f x (Array.skip 2 p)
    else
        f (h i j / p[0]) (Array.skip 1 p)

let private exponential x _ = exp -x

let private gaussian x _ = exp (-x * x)

let private spherical x _ =
    if x < 1.0 then 1.0 - 1.5 * x + 0.5 * x ** 3.0 else 0.0

let private rational x _ = 1.0 / (1.0 + x * x)

let private maternOf nu x _ =
    2.0 ** (1.0 - nu) / SpecialFunctions.Gamma nu
    * x ** nu
    * SpecialFunctions.BesselK(nu, x)

let private matern x (rest: float[]) = maternOf rest[0] x [||]

let private powers (rho: float[]) i j =
    rho[0] ** between 0 i j * rho[1] ** between 1 i j

/// (G G')_ij, G from its free elements, listed by columns or by rows of the lower trapezoid.
let private loadings byRows q (free: float[]) i j =
    let places = [|
        if byRows then
            for row in 0 .. m - 1 do
                for column in 0 .. min row (q - 1) do
                    row, column
        else
            for column in 0 .. q - 1 do
                for row in column .. m - 1 do
                    row, column
    |]

    let g row column =
        match Array.tryFindIndex ((=) (row, column)) places with
        | Some at -> free[at]
        | None -> 0.0

    Seq.sum (Seq.init q (fun k -> g i k * g j k))

/// The first deviation, those of the others relative to it, and λ relative to its square.
let private huynhFeldt (p: float[]) i j =
    let variance k =
        p[0] * p[0] * (if k = 0 then 1.0 else p[k] * p[k])

    if i = j then
        variance i
    else
        0.5 * (variance i + variance j) - p[0] * p[0] * p[m]

let private analytic q (p: float[]) i j =
    loadings true q p i j + (if i = j then p[p.Length - m + i] else 0.0)

let private spatial name correlation text f = [
    name, Structure.Spatial(correlation, false), text, common (byRange false f)
    name + "a", Structure.Spatial(correlation, true), text + ", where h/r = √(Σ_c (h_c/r_c)²)", common (byRange true f)
]

let private maternText = "s² 2^(1-nu)/Γ(nu) (h/r)^nu K_nu(h/r)"

let private table = [
    "id", Structure.Identity, "s² for i = j, else 0", common none
    "diag", Structure.Diagonal, "s_i² for i = j, else 0", own none
    "cs", Structure.CompoundSymmetry, "s² rho", common same
    "csh", Structure.HeterogeneousCompoundSymmetry, "s_i s_j rho", own same
    "ar1", Structure.Autoregressive, "s² rho^|i-j|", common power
    "arh1", Structure.HeterogeneousAutoregressive, "s_i s_j rho^|i-j|", own power
    "car1", Structure.ContinuousAutoregressive, "s² rho^|t_i-t_j|", common time
    "arma(p,q)",
    Structure.AutoregressiveMovingAverage(1, 1),
    "s² gamma(|i-j|)/gamma(0) of the stationary process",
    common process'
    "toep", Structure.Toeplitz None, "s² rho_|i-j|", common ofLag
    "toeph", Structure.HeterogeneousToeplitz None, "s_i s_j rho_|i-j|", own ofLag
    "toep(k)", Structure.Toeplitz(Some 3), "s² rho_|i-j| for |i-j| < k, else 0", common (banded 3)
    "toeph(k)", Structure.HeterogeneousToeplitz(Some 3), "s_i s_j rho_|i-j| for |i-j| < k, else 0", own (banded 3)
    "ad1", Structure.AnteDependence, "s_i s_j rho_i ... rho_(j-1)", own chain
    "hf", Structure.HuynhFeldt, "(s_i² + s_j²)/2 - lambda for i ≠ j", huynhFeldt
    "us", Structure.Unstructured, "s_ij", loadings false m
    "fa(q)", Structure.FactorAnalytic 2, "(G G')_ij + d_i for i = j, G m by q", analytic 2
    "fa0(q)", Structure.ReducedRank 2, "(G G')_ij, G m by q", loadings false 2
    yield! spatial "sp_exp" SpatialCorrelation.Exponential "s² exp(-h/r)" exponential
    yield! spatial "sp_gau" SpatialCorrelation.Gaussian "s² exp(-h²/r²)" gaussian
    yield! spatial "sp_sph" SpatialCorrelation.Spherical "s² (1 - 1.5 h/r + 0.5 (h/r)³) for h < r, else 0" spherical
    yield! spatial "sp_ratio" SpatialCorrelation.RationalQuadratic "s²/(1 + h²/r²)" rational
    yield! spatial "sp_mat" (SpatialCorrelation.Matern None) maternText matern
    for name, structure, text, element in
        spatial "sp_mat" (SpatialCorrelation.Matern(Some 1.5)) maternText (maternOf 1.5) do
        name + "(nu)", structure, text, element
    "sp_pow", Structure.Spatial(SpatialCorrelation.Power, false), "s² rho^h", common (fun rho i j -> rho[0] ** h i j)
    "sp_powa", Structure.Spatial(SpatialCorrelation.Power, true), "s² Π_c rho_c^h_c", common powers
]

[<Tests>]
let tests =
    testList "ElementTextTests" [
        testCase "the table has every formula of the catalogue" (fun () ->
            let expected = [
                for entry in StructureCatalogue.all do
                    if entry.Name <> "known" && entry.Name <> "kron" then
                        StructureCatalogue.signature entry, entry.Element
            ]

            let found = table |> List.map (fun (name, _, text, _) -> name, text)
            Check.equal (List.sort expected) (List.sort found))

        testPropertyWithConfig (Law.tries 20) "each formula is the element of its form" (fun (seed: int) ->
            Law.holds [
                for name, structure, text, element in table do
                    let form = EffectsForm.create structure (positionsOf structure)

                    // A negative deviation turns its row and column around, which few structures allow.
                    let tau =
                        FormCases.random seed (EffectsForm.count form) 1.2
                        |> Array.mapi (fun k value ->
                            if Array.contains k form.Deviations then
                                abs value
                            else
                                value)

                    let natural = form.Natural(Jet.constants tau) |> Array.map _.Value
                    let square = Semidefinite.square m (EffectsForm.lambda form tau)
                    let size = square |> Array.fold (fun largest v -> max largest (abs v)) 1e-8

                    for i in 0 .. m - 1 do
                        for j in i + 1 .. m - 1 do
                            yield!
                                Law.near
                                    $"{name}, {text}, ({i}, {j})"
                                    (1e-10 * size)
                                    (element natural i j)
                                    square[i + j * m]

                        yield! Law.near $"{name}, ({i}, {i})" (1e-10 * size) (element natural i i) square[i + i * m]
            ])

        // One correlation, or one for each step: a negative deviation is one of other signs.
        testPropertyWithConfig (Law.tries 20) "correlations have the signs of their elements" (fun (seed: int) ->
            let pair = {
                positions with
                    Labels = FormCases.labels 2
            }

            Law.holds [
                for name, structure, order, correlation in
                    [
                        "csh", Structure.HeterogeneousCompoundSymmetry, 2, same
                        "arh1", Structure.HeterogeneousAutoregressive, 2, power
                        "toeph", Structure.HeterogeneousToeplitz None, 2, ofLag
                        "ad1", Structure.AnteDependence, m, chain
                    ] do
                    let form = EffectsForm.create structure (if order = 2 then pair else positions)

                    let tau = FormCases.random seed (EffectsForm.count form) 1.2
                    let natural = form.Natural(Jet.constants tau) |> Array.map _.Value
                    let square = Semidefinite.square order (EffectsForm.lambda form tau)

                    for i in 0 .. order - 1 do
                        for j in i + 1 .. order - 1 do
                            let expected = natural[i] * natural[j] * correlation (Array.skip order natural) i j
                            yield! Law.near $"{name}, ({i}, {j})" 1e-12 expected square[i + j * order]
            ])

        testPropertyWithConfig
            (Law.tries 20)
            "elements of a product are products of its parts' elements"
            (fun (seed: int) ->
                let random = Random seed
                let line count = FormCases.line count
                let first, second = Structure.CompoundSymmetry, Structure.Autoregressive

                let form =
                    EffectsForm.ofFactors (Structure.Kronecker(first, second)) [ line 2; line 3 ]

                let tau = Array.init (EffectsForm.count form) (fun _ -> random.NextDouble())
                let natural = form.Natural(Jet.constants tau) |> Array.map _.Value
                let square = Semidefinite.square 6 (EffectsForm.lambda form tau)

                // One variance: s², the correlation of the first part and that of the second.
                let s, rho, phi = natural[0], natural[1], natural[2]

                Law.holds [
                    for i in 0..5 do
                        for j in 0..5 do
                            let between = if i % 2 = j % 2 then 1.0 else rho
                            let expected = s * s * between * pown phi (abs (i / 2 - j / 2))
                            yield! Law.near $"({i}, {j})" (1e-12 * s * s) expected square[i + j * 6]
                ])
    ]
